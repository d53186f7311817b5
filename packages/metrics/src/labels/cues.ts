import type { Phrase } from './phrases';

/** Words that end every scope and make the rest of the sentence a clause of its own. */
export const CLAUSE_BREAKS: readonly Phrase[] = [
  ';',
  'but',
  'however',
  'although',
  'though',
  'whereas',
  'while',
  'except',
  'otherwise',
  'other than',
  '(aside|apart) from',
  'besides',
  'with the exception of',
  'yet',
  'nevertheless',
];

const SEEN =
  '(seen|identified|present|evident|noted|appreciated|visualized|visualised|demonstrated|detected|found|apparent|observed|visible|suspected|suggested|recognized|recognised|shown|there|convincing|reproduced)';

const NOTED =
  '(seen|noted|described|identified|visualized|visualised|demonstrated|reported|present|evident|documented|questioned|suspected|mentioned|shown|visible|observed|raised|suggested)';

/** Look like negation, deny something else ("no change in the effusion"). Tried before the negations. */
export const PSEUDO_NEGATIONS: readonly Phrase[] = [
  'no (significant|substantial|appreciable|definite|interval|overall|obvious|major|dramatic|marked|great|considerable|gross|detrimental|real|apparent)? (interval|further)? (change*|difference*|improvement|worsening|progression|increase|decrease|resolution|clearing)',
  'no evidence of (resolution|improvement|worsening)',
  'without (significant|substantial|appreciable|definite|interval|overall|obvious|much)? (interval)? (change*|improvement|worsening|progression|increase|decrease|resolution)',
  'not (significantly|appreciably|substantially|completely|entirely|fully|yet|markedly|really|be)? (completely|entirely|fully)? (changed|different|improved|resolved|excluded|exclude|cleared|ruled_out|certain)',
  'not (well|clearly|fully|adequately|optimally|completely|entirely|reliably)? (assessed|evaluated|excluded|imaged|included|delineated|characterized|characterised)',
  'not well (seen|visualized|visualised|appreciated|demonstrated|evaluated|shown|defined|identified)',
  'not (only|necessarily|limited|as|so)',
  `not (been|be)? (definitely|clearly)? ${SEEN} !(is|are|:|a|an|any|evidence)`,
  'not (persist|remain|recur|change*|increase*|resolve*|clear)',
  'not (any|much|significantly|appreciably) (smaller|larger|bigger|better|worse|greater|less|more|different)',
  '(cannot|can_not|not) be (sure|certain|confident) (that)? (there_is|there_are)? no',
  'not (entirely|completely|definitively|confidently|reliably)? rule out',
  'not (possible|able|feasible) to',
  'not (resolving|improving|clearing|decreasing|changing|enlarging|increasing|shrinking|progressing)',
  'not (much|any|a_lot_of)? (change*|difference|improvement)',
  '(may|might) not (be|represent|reflect|indicate) !(seen|visible|apparent|detected|detectable|identified|visualized|visualised|appreciated|present)',
  'no (doubt|question)',
  'no (definite|clear|obvious|other)? (explanation|cause|source) (for|of)',
  'no (longer)? (larger|smaller|bigger|worse|better|greater)',
  'no (longer)? (more|less) (than|prominent|extensive|pronounced|severe|dense|marked|conspicuous)',
  '(nearly|almost|partially|mostly|incompletely|partly) (completely)? resolved',
  '(near|nearly|partial|incomplete|slow|gradual|continued|continuing|ongoing|delayed|some) (complete)? (resolution|clearing) of',
  'to (document|confirm|ensure|assess|assure|verify|check|establish|show|demonstrate|evaluate_for|assess_for|follow) ~ (resolution|clearing) of',
  '(until|awaiting|pending|for) ~ (resolution|clearing) of',
  'without (definite|clear)? (explanation|cause)',
];

/** Deny what follows, up to {@link SCOPE_ENDS}. */
export const NEGATIONS: readonly Phrase[] = [
  'neither ~ nor ~ (shows|show|suggests|suggest|indicates|indicate|supports|support|demonstrates|demonstrate)',
  'neither ~ (shows|show|demonstrates|demonstrate|contains|contain|reveals|reveal|is_blunted_by)',
  `no longer ${SEEN} (is|are)? (the|a|any)?`,
  '(neither|no|none_of_the) (upper|lower|middle)? (lung|lungs|lobe|lobes|hemithorax|side|base|apex|hilum|part|view|views|film|films|zone|zones)? (field|fields|base|bases|apex|zone|zones|lobe|of_the_lungs|on_either_side)? (shows|show|demonstrates|demonstrate|contains|contain|has|have|reveals|reveal)',
  '(do|does|did|would) not (really)? (believe|think|feel|consider) (that)? (there_is|there_are|this_is|this_to_be|it_is|this_represents)? (a|an|any)?',
  'no longer (shows|show|demonstrates|demonstrate|contains|contain|has|have)',
  '(lacks|lacking|uncomplicated_by|unassociated_with)',
  '(does|do|did) not (definitely|clearly|currently)? (show|demonstrate|reveal|suggest|contain|identify|see|have|support|indicate|exhibit|appear_to_show|represent|reflect)',
  'not (definitely|clearly)? (show|demonstrate|reveal|suggest|contain|identify|see|have|support|indicate|represent|reflect|representing|showing)',
  '(cannot|can_not|could_not|unable_to) (identify|see|appreciate|visualize|visualise|find|detect|demonstrate) (a|any)?',
  '(does|do|did|has|have) not (appear|seem|look|appeared|become|developed) (to_be|to_have)?',
  '(simulating|simulates|simulate|mimicking|mimics|mimic)',
  'not (felt|thought|believed|considered|likely)? (to_be|to_represent|to_reflect)? (consistent|compatible|suggestive|typical|characteristic|indicative|diagnostic|in_keeping) (with|of|for)?',
  '(nothing|no_findings|no_finding|no_features|no_evidence|no_signs|no_sign|no_indication|not_enough|insufficient_evidence|little) (to|that)? (suggest|suggests|suggesting|indicate|indicates|support|supports|consistent_with|compatible_with|suspicious_for|concerning_for|suggestive_of|specific_for|of)',
  'no (focal|acute|new|definite|convincing|specific|discrete|radiographic)? (opacity|opacities|abnormality|abnormalities|process|changes|finding|findings|lesion|lesions|area|areas) (consistent|compatible) with',
  'no',
  'not',
  'nor (is|are|was|were|does|do|has)? (there)? (a|any)?',
  '(inconsistent|incompatible) with',
  'neither',
  'none',
  'without',
  'w / o',
  'absent',
  '(free|clear|devoid|cleared) (of|from)',
  '(negative|neg) for',
  '(pertinent|relevant|important)? (negatives|negative_findings|not_seen|not_present|not_identified|not_found|ruled_out|excluded|denied) :',
  'not convinced (that|of|by)? (there_is|this_is)? (a|an|any)?',
  'nil (evidence_of|sign_of|in_the_way_of|focal|acute)?',
  '(resorption|reabsorption) of',
  '(absence|lack) of',
  '(interval|complete|full)? (resolution|clearing|clearance|removal|disappearance|evacuation|drainage) of (the|a)?',
  'denies',
  'unlikely (to_be|to_represent|to_reflect)?',
  'fail* to (show|demonstrate|reveal)',
  'ruled out for',
  'excluding',
  'never',
  'rather than',
  'instead of',
  'as opposed to',
  '(argues|argue|speaks|speak|mitigates|mitigate) against',
  'nothing ~ (to|that|which)? (would|could)? (suggest*|indicat*|support*|point*)',
];

/** Deny what follows where they stand before its noun ("resolved effusion"), not behind another ("edema resolved"). */
export const LEADING_NEGATIONS: readonly Phrase[] = ['resolved', 'removed', 'no_longer_seen'];

/** A scope ends where another statement starts; "is seen" and its like carry it on. */
export const SCOPE_ENDS: readonly Phrase[] = [
  '(is|are|was|were|has|have|remains|remain|appears|appear)',
  '(shows|show|demonstrates|demonstrate|contains|contain|suggests)',
  'there',
  '(and|with) (there)? (mild|mildly|moderate|moderately|minimal|small|severe|stable|unchanged|persistent|worsening|increased|increasing|new|low|residual|chronic|old)',
];
/** Negation ends here as well, uncertainty does not ("may be compatible with edema"). */
export const NEGATION_ENDS: readonly Phrase[] = [
  '(due|secondary|related) to',
  '(consistent|compatible) with',
  'causing',
  '(likely|probably|possibly|perhaps|presumably)',
  'which',
  '(compared|comparing) (to|with)',
  '(following|after|status_post|post) (interval)? (placement|removal|insertion|adjustment|the|a|right|left|biopsy|thoracentesis|intubation|extubation|surgery|lobectomy|bronchoscopy)',
  '(stable|unchanged)',
];
/** These carry uncertainty on: "may be compatible with mild edema". */
export const UNCERTAINTY_BRIDGES: readonly Phrase[] = ['(consistent|compatible|associated) with'];
export const SCOPE_BRIDGES: readonly Phrase[] = [
  '(is|are|was|were|has_been|have_been) (definitely|clearly|currently|present_to|now)? (seen|identified|present|evident|noted|appreciated|visualized|visualised|demonstrated|detected|found|apparent|observed|visible|suggested|to)',
];

/** Where a finding was seen before, between its name and what became of it. */
export const SEEN_BEFORE: readonly Phrase[] = [
  `(which|that)? (was|were|had_been)? ${NOTED} (in|at|within|over|on) ~ ~ (previously|before|earlier|initially|yesterday)`,
  `(which|that)? (was|were|had_been)? (previously|initially|originally|formerly|priorly) ${NOTED} ~`,
  `(which|that)? (was|were|had_been)? ${NOTED} (previously|before|earlier|then|initially|priorly|yesterday) ~`,
  `(which|that)? (was|were|had_been)? ${NOTED} (on|in|at|by|from)? (the|a|an|his|her|their)? (most_recent|last|recent|outside)? (prior|previous|preceding|earlier|old|older|last|outside|comparison|recent|initial|original|admission|yesterday|ct|mri) ~ (on|of|from|dated)? ~`,
  `(which|that)? (was|were|had_been)? ${NOTED} ~ ~ ago`,
  `(which|that)? (was|were|had_been)? ${NOTED} on [0-9]* /? [0-9]*? /? [0-9]*? ~`,
  `(which|that)? (was|were|had_been)? ${NOTED} (on|in) (jan*|feb*|march|april|may|june|july|aug*|sept*|oct*|nov*|dec*|monday|tuesday|wednesday|thursday|friday|saturday|sunday) [0-9]*? ,? [0-9]*?`,
  '(which|that) (was|were|had_been) ~ ~ (of|on|from|dated)? [0-9]* /? [0-9]*? /? [0-9]*?',
  '(which|that) (was|were|had_been) ~ ~',
];

/** Deny the phrase before them: "effusion is not seen", "pneumothorax has resolved". */
export const POST_NEGATIONS: readonly Phrase[] = [
  ': (not|none) (seen|present|identified|detected|visualized|visualised|noted|evident|appreciated)',
  ': no (evidence|sign|signs)',
  ': no longer',
  `(is|are|was|were|has|have|can)? (not|no_longer|never) (been|be)? (definitely|clearly|currently|otherwise|now)? (been|be)? ${SEEN}`,
  '(is|are) (not|no_longer)',
  '(has|have) not (developed|occurred|recurred|appeared|returned|formed)',
  '(does|do|did) not (persist|remain|recur|appear_to_be_present|appear_present)',
  'could not be (seen|identified|appreciated|visualized|visualised|demonstrated|found|detected|reproduced)',
  'cannot be (seen|identified|appreciated|visualized|visualised|demonstrated|found|detected|reproduced)',
  '(has|have|is|are|was|were|had) (since|now|all|completely|also|both|subsequently|interval|essentially|largely|fully|entirely|totally|virtually|apparently)? (completely|fully|entirely)? (resolved|cleared|absent|disappeared|gone|vanished|resorbed|subsided|dissipated|abated|drained|absorbed|reabsorbed|re_absorbed|reexpanded|re_expanded|reinflated|re_inflated|reaerated|re_aerated)',
  '(has|have) (since|now|all|also|both|subsequently)? been (completely|fully|successfully)? (removed|resolved|excluded|ruled_out|evacuated|drained|resorbed|absorbed|reabsorbed|withdrawn|discontinued|extracted|taken_out|pulled|repaired)',
  '(was|were) (since|subsequently|completely|then)? (removed|evacuated|drained|withdrawn|discontinued|extracted|taken_out|pulled)',
  '(is|are|was|were) (now|all|both|thereby)? (completely|confidently)? (excluded|ruled_out|unlikely|thought_unlikely|felt_unlikely|considered_unlikely|thought_to_be_unlikely|felt_to_be_unlikely)',
  '(appears|appear|seems|seem|looks) (to_be|to_have|now)? (resolved|cleared|absent|gone|unlikely)',
  '(has|have) (now|since)? (given_way_to|been_replaced_by|evolved_into)',
  // What looks like a finding and is none.
  '(is|are|represents|represent|reflects|reflect|corresponds_to) (only|simply|just|merely)? (a|an|the|from|due_to|caused_by)? (overlying|overlapping|prominent|end_on|superimposed)? (nipple*|vessel*|artifact*|artefact*|skin_fold*|summation|composite_shadow*|bone_island*|hair|clothing|breast_tissue)',
];

/** The same without a verb: nothing but a place or a time behind them ("edema resolved since May"). */
export const ENDING_NEGATIONS: readonly Phrase[] = [
  '(absent|unlikely|gone|excluded|ruled_out|neg|negative)',
  '(did|does|do) not',
  '(since|now|completely|fully|essentially|interval|entirely|largely|all)? (resolved|cleared|disappeared)',
  '(since|now|interval|been)? (removed|withdrawn|evacuated|drained)',
  '(is|are|now)? (now)? out',
];

/** Not gone: "the effusion is not completely resolved", "has not changed". */
export const STILL_THERE: readonly Phrase[] = [
  '(is|are|was|were|has|have) (not|no_longer) (yet|been|any|significantly|appreciably|substantially|completely|entirely|fully|markedly|really|much|quite|so)? (completely|entirely|fully|significantly|yet)? (changed|different|resolved|resolving|cleared|clearing|improving|changing|decreasing|as|increased|decreased|larger|smaller|bigger|worse|worsened|better|improved|progressed|grown|necessarily|only|large|extensive|severe|significant)',
  '(has|have|is|are) (yet|still) to',
  '(is|are|was|were) not (gone|suggestive|typical|characteristic|specific|diagnostic|due|related)',
  '(is|are|was|were)? (not|never) (seen|present|visible|noted|identified) (on|in) (the|a)? (prior|previous|earlier|old|last|20*|19*)',
];

/** "Pneumothorax: no", "effusion none": the whole answer, nothing behind it. */
export const ANSWERS_NO: readonly Phrase[] = [
  '(present|seen|there|visible|evident|identified)? : (are|is)? (all|both)? (none|no|nil|negative|neg|absent|n|0|false|denied|normal|clear|unremarkable|resolved|cleared|nothing|unlikely|excluded|ruled_out) (today|currently|seen|bilaterally|evident|identified|on_the_left|on_the_right)?',
  '( (no|none|absent|negative|not_seen|resolved)',
  '(none|nil|negative|neg|no|n)',
];

/** Make what follows uncertain. */
export const UNCERTAINTIES: readonly Phrase[] = [
  '(unclear|uncertain|unsure|question|question_of)? (whether|if) (there_is|there_are|this_is|this_represents|it_is)?',
  '(may|might|could|can) !(also_|well_|possibly_)?(account_for|explain|cause|underlie|produce|be_responsible|be_the_cause|be_causing|contribute_to) (be|also|well|possibly|simply|potentially|both|conceivably|again)? (be|also|well)? (represent*|reflect*|indicat*|suggest*|be|have|relate|related|due|include|mean|contain|correspond*|account)? (to|in|due_to|related_to|secondary_to)?',
  'possib* (that|there_is|there_are|that_there_is)?',
  '(poss|prob|susp)',
  'probabl*',
  'potential*',
  '(presumably|presumed|presumptive|perhaps|conceivably)',
  'questionable',
  'question of?',
  'equivocal',
  '(suspicious|suspicion|worrisome|concerning|concern|concerned|suspect|suspected) (for|of)?',
  '(raises|raise|raising) (the)? (possibility|question|concern)',
  '(cannot|can_not|could_not|difficult_to|not|to|not_entirely|not_completely|not_possible_to|not_able_to|unable_to|hard_to|impossible_to) (entirely|completely|definitively|absolutely|confidently|reliably)? exclude',
  '(cannot|can_not|could_not|unable_to|difficult_to|hard_to|not_possible_to|not_able_to|impossible_to) (entirely|completely|confidently|reliably)? (rule_out|assess_for|evaluate_for|assess|evaluate|confirm)',
  '(limited|suboptimal|inadequate|poor|nondiagnostic) (assessment|evaluation|exam|sensitivity) ~ (for|of)',
  '(rule|rules) out',
  'r / o',
  '(evaluate|eval|assess|assessment|evaluation|correlate|correlation) ~ for',
  '(look|looking|search|searching) for',
  '(cannot|can_not|not) be (sure|certain|confident) (that)? (there_is|there_are)? no?',
  'hint of',
  '(differential|differentials|consider|considerations|consideration|considered) (diagnosis|diagnoses|include*|includes|of)?',
  'favor*',
  'favour*',
  'indeterminate',
  'maybe',
  'in the (appropriate|proper|right|correct) clinical (setting|context|scenario)',
  'versus',
  'vs',
  'if',
  '?',
  '(less|more_or_less) likely !(than) (to_be|to_represent|to_reflect|to_be_due_to|due_to)?',
  '(more|most) (likely|probable|probably|suggestive|typical|consistent) ~ than',
  '(favored|favoured|preferred) (over|to|above)',
  '(doubtful|doubt|uncertain|unclear|unsure)',
  'query',
];

/** Make the phrase before them uncertain: "pneumonia cannot be excluded". */
export const POST_UNCERTAINTIES: readonly Phrase[] = [
  '(cannot|can_not|could_not|may_not|not|is_not|are_not) (be)? (entirely|completely|definitively|absolutely|confidently|reliably|totally)? (be)? (excluded|exclude|ruled_out)',
  '(cannot|can_not|could_not|is_not|are_not|not|was_not) (be)? (well|fully|adequately|completely|reliably|accurately|properly|optimally|further)? (be)? (assessed|evaluated|determined|confirmed|characterized|characterised|delineated|judged|established|commented_on)',
  '(is|are|was|were|has|have)? (not|poorly|suboptimally|incompletely) (been)? (well|fully|adequately|optimally|confidently|reliably) (been)? (seen|visualized|visualised|appreciated|demonstrated|evaluated|assessed|delineated|shown|defined|identified|imaged)',
  '(is|are)? (poorly|suboptimally|incompletely) (seen|visualized|visualised|evaluated|assessed|imaged|delineated)',
  '(is|are|would_be|remains|remain|not)? (difficult|hard|impossible) to (entirely|completely|confidently|reliably)? (exclude|rule_out|assess|evaluate|confirm|see|identify|determine)',
  '(is|are|was|were|remains|remain) (also|still|equally)? (possible|suspected|questioned|queried|questionable|probable|considered|favored|favoured|suggested|equivocal|not_excluded|a_possibility|a_consideration|in_the_differential|of_concern|doubtful|uncertain|unclear|indeterminate|not_certain|in_question|inconclusive)',
  '(is|are|was|were|seems|seem|appears|considered|felt|thought) (to_be|now|felt|thought|considered)? (to_be)? (less|not_very) (likely|probable)',
  '(is|are)? (questionably|possibly|probably) (present|seen|there)',
  '(could|may|might|can) (also|well|possibly)? (account_for|explain|cause|underlie|produce|be_responsible|be_the_cause|be_causing|contribute_to)',
  '(should|could|may|might|would|must|has_to|have_to|needs_to|need_to|is_to|are_to) (also)? be (considered|present|suspected|a_consideration|possible|a_possibility|entertained|excluded)',
  '(is|are|remains) (also|another|a|an)? (consideration|possibility|concern|question)',
  'in the (appropriate|proper|right|correct) clinical (setting|context|scenario)',
  'not (be)? (entirely|completely)? excluded',
  'there? (would|may|might) not (necessarily)? be (seen|visible|apparent|detected|detectable|identified|visualized|visualised|appreciated)',
  '(a|the)? less (likely|probable) (consideration|possibility|diagnosis|cause|explanation)',
  '(could|may|might|can) (easily|well|still)? be (missed|hidden|obscured|overlooked|masked)',
  '(is|are) not (strongly|particularly|especially|highly) (favored|favoured|suspected)',
  '(could|may|might) (have_this_appearance|have_a_similar_appearance|look_like_this|appear_like_this|look_similar)',
  ': ~ ?',
  ': (possible|possibly|probable|probably|maybe|uncertain|unclear|equivocal|indeterminate|questionable|suspected|cannot_exclude|not_excluded|unsure|not_well_seen|limited)',
];

/** The same right behind the phrase only: "atelectasis vs pneumonia", not "no effusion vs prior". */
export const ADJACENT_UNCERTAINTIES: readonly Phrase[] = [
  '(versus|vs) !(prior|previous|the_prior|the_previous|the_last|last|old)',
];

/** The same without a verb: nothing but a place or a time behind them ("left effusion ?", "pneumonia less likely"). */
export const ENDING_UNCERTAINTIES: readonly Phrase[] = [
  '(possible|suspected|questioned|queried|questionable|probable|considered|favored|favoured|suggested|equivocal|doubtful|uncertain|unclear|indeterminate)',
  '(thought|felt|considered)? (less|not_very) (likely|probable)',
  ': ?',
  '?',
  '( ?',
  '( (possible|probable|questionable|uncertain)',
];

/** A finding called normal right behind its name: "vascular congestion is within normal limits". */
export const CALLED_NORMAL: readonly Phrase[] = [
  '(is|are|appears|appear|remains|remain) (normal|within_normal_limits|within_limits_of_normal|unremarkable)',
];

/** What comes right after these is no statement about this study. */
export const NOT_STATED: readonly Phrase[] = [
  '(history|hx) of ~',
  '(patient|pt|man|woman|male|female|gentleman|lady) (with|presenting_with|presents_with|who_presents_with|admitted_with|known_to_have) ~',
  'h / o ~',
  '(detecting|detection_of|sensitive_for) ~',
  '(prior|previous|earlier|old|outside|last) (chest)? (film|study|exam|examination|radiograph|ct|x_ray|scan|report) ,? (which|that)? (showed|demonstrated|shows|described|showing|revealed|reported|noted) ~',
];
