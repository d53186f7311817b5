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
  '(other|rather) than',
  '(aside|apart) from',
  'besides',
  'with the exception of',
  'yet',
  'nevertheless',
];

/** Look like negation, deny something else ("no change in the effusion"). Tried before the negations. */
export const PSEUDO_NEGATIONS: readonly Phrase[] = [
  'no (significant|substantial|appreciable|definite|interval|overall|obvious|major|dramatic|marked|great|considerable|gross|detrimental|real|apparent)? (interval|further)? (change*|difference*|improvement|worsening|progression|increase|decrease|resolution|clearing)',
  'no evidence of (resolution|improvement|worsening)',
  'without (significant|substantial|appreciable|definite|interval|overall|obvious|much)? (interval)? (change*|improvement|worsening|progression|increase|decrease|resolution)',
  'not (significantly|appreciably|substantially|completely|entirely|fully|yet|markedly|really|be)? (completely|entirely|fully)? (changed|different|improved|resolved|excluded|exclude|cleared|ruled_out|certain)',
  'not (only|necessarily|limited)',
  'no (doubt|question)',
  '(nearly|almost|partially|mostly|incompletely|partly) (completely)? resolved',
  '(near|nearly|partial|incomplete) (complete)? (resolution|clearing) of',
];

/** Deny what follows, up to {@link SCOPE_ENDS}. */
export const NEGATIONS: readonly Phrase[] = [
  'not (definitely|clearly)? (show|demonstrate|reveal|suggest|contain|identify|see)',
  'no',
  'not',
  'nor',
  'neither',
  'none',
  'without',
  'w / o',
  'absent',
  '(free|clear|devoid|cleared) (of|from)',
  'negative for',
  '(absence|lack) of',
  '(interval|complete)? (resolution|clearing|removal|disappearance|evacuation) of',
  '(interval|essentially)? resolved',
  'removed',
  'denies',
  'unlikely',
  'fail* to (show|demonstrate|reveal)',
  'ruled out for',
  'excluding',
  'never',
];

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
];
/** These carry uncertainty on: "may be compatible with mild edema". */
export const UNCERTAINTY_BRIDGES: readonly Phrase[] = ['(consistent|compatible|associated) with'];
export const SCOPE_BRIDGES: readonly Phrase[] = [
  '(is|are|was|were|has_been|have_been) (definitely|clearly|currently|present_to|now)? (seen|identified|present|evident|noted|appreciated|visualized|demonstrated|detected|found|apparent|observed|visible|suggested|to)',
];

/** Deny the phrase before them: "effusion is not seen", "pneumothorax has resolved". */
export const POST_NEGATIONS: readonly Phrase[] = [
  '(is|are|was|were|has|have|can)? (not|no_longer|never) (been|be)? (definitely|clearly|currently|otherwise|well|now)? (been|be)? (seen|identified|present|evident|noted|appreciated|visualized|demonstrated|detected|found|apparent|observed|visible|suspected|suggested)',
  '(is|are) (not|no_longer)',
  'cannot be (seen|identified|appreciated|visualized|demonstrated)',
  '(has|have|is|are|was|were|had) (since|now|all|completely|also|both|subsequently|interval)? (completely)? (resolved|cleared|absent|disappeared)',
  '(has|have) been (removed|resolved|excluded|ruled_out|evacuated)',
  '(is|are) (excluded|ruled_out|unlikely|less_likely|thought_unlikely|felt_unlikely|considered_unlikely)',
  ': (none|no|negative|absent|not_seen)',
  '(none|absent|unlikely)',
  'resolved',
];

/** Make what follows uncertain. */
export const UNCERTAINTIES: readonly Phrase[] = [
  '(may|might|could|can) (be|also|well|possibly|simply|potentially|both|conceivably|again)? (be|also|well)? (represent*|reflect*|indicat*|suggest*|be|have|relate|related|due|include|mean|contain|correspond*|account)? (to|in|due_to|related_to|secondary_to)?',
  'possib*',
  'probabl*',
  'potential*',
  '(presumably|presumed|presumptive|perhaps|conceivably)',
  'questionable',
  'question of?',
  'equivocal',
  '(suspicious|suspicion|worrisome|concerning|concern|concerned|suspect|suspected) (for|of)?',
  '(raises|raise|raising) (the)? (possibility|question|concern)',
  '(cannot|can_not|could_not|difficult_to|not|to|not_entirely|not_completely) (entirely|completely|definitively|absolutely|confidently|reliably)? exclude',
  'rule out',
  'r / o',
  '(evaluate|assess|evaluation|correlate|correlation) ~ for',
  '(differential|differentials|consider|considerations|consideration|considered) (diagnosis|diagnoses|include*|includes|of)?',
  'favor*',
  'indeterminate',
  'maybe',
  'in the (appropriate|proper|right|correct) clinical (setting|context|scenario)',
  'versus',
  'vs',
  'if',
];

/** Make the phrase before them uncertain: "pneumonia cannot be excluded". */
export const POST_UNCERTAINTIES: readonly Phrase[] = [
  '(cannot|can_not|could_not|may_not|not|is_not|are_not) (be)? (entirely|completely|definitively|absolutely|confidently|reliably|totally)? (be)? (excluded|exclude|ruled_out)',
  '(is|are|would_be|remains|remain|not)? (difficult|hard|impossible) to (entirely|completely)? (exclude|rule_out)',
  '(is|are|was|remains)? (possible|suspected|questioned|questionable|probable|considered|favored|suggested|equivocal|not_excluded|a_possibility|a_consideration|in_the_differential|of_concern)',
  '(should|could|may|might|would|must) (also)? be (considered|present|suspected|a_consideration|possible|a_possibility|entertained)',
  '(is|are|remains) (also|another|a|an)? (consideration|possibility|concern)',
  'in the (appropriate|proper|right|correct) clinical (setting|context|scenario)',
  '(versus|vs)',
  'not (be)? (entirely|completely)? excluded',
  '(could|may|might) have (this|a_similar) appearance',
];

/** A finding called normal right behind its name: "vascular congestion is within normal limits". */
export const CALLED_NORMAL: readonly Phrase[] = [
  '(is|are|appears|appear|remains|remain) (normal|within_normal_limits|within_limits_of_normal|unremarkable)',
];

/** What comes right after these is no statement about this study. */
export const NOT_STATED: readonly Phrase[] = [
  '(history|hx) of ~',
  'h / o ~',
  '(detecting|detection_of|sensitive_for) ~',
];
