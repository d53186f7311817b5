// Checks the module against its contract. node main.mjs
import '@tensorflow/tfjs-backend-cpu';
import { checkContext } from '@raca/core/testing';
import ownContext from './own-context.mjs';

const passed = checkContext((width, V, random) =>
  ownContext({}, { width, contextVocabularySize: V }, random),
);
console.log(`contract: ${passed.length} checks passed`);
