import { useBackend } from '@raca/backend/node';
import { checkVisionEncoder } from '@raca/core/testing';
import { expect, it } from 'vitest';
import { visualTransformer } from './index';

const native = await useBackend({ prefer: ['native'] }).catch(() => null);
const why = native ? 'onnxruntime found' : 'onnxruntime absent';

it.skipIf(!native)(`keeps the contract as recorded programs, empty slots and all (${why})`, () => {
  const size = { width: 8, heads: 2, feedForward: 12, layers: 2, inputWidth: 6 };
  const grid = { views: 2, rows: 2, cols: 3 };
  const passed = checkVisionEncoder(
    (random) => visualTransformer({ ...size, grid, dropout: 0, patchDropout: 0 }, random),
    6,
  );
  expect(passed).toContain('an empty slot = a study without it, and patches of 0');
});
