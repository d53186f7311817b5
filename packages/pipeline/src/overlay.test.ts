import { describe, expect, it } from 'vitest';
import { overlay } from './overlay';
import { tinyConfig } from './tiny';

describe('overlay', () => {
  const config = tinyConfig();

  it('changes the fields it names and no other', () => {
    const { model, training } = overlay(config, {
      model: { agent: null, fusion: { config: { attentionWidth: 2 } } },
      training: { learningRates: { text: 0 } },
    });
    expect(model).toEqual({
      ...config.model,
      agent: null,
      fusion: { use: 'bca', config: { attentionWidth: 2 } },
    });
    expect(training).toEqual({
      ...config.training,
      learningRates: { ...config.training.learningRates, text: 0 },
    });
    expect(overlay(config, {})).toEqual(config);
  });

  it('drops the options of an implementation that another takes the place of', () => {
    expect(overlay(config, { model: { fusion: { use: './mine.mjs' } } }).model.fusion).toEqual({
      use: './mine.mjs',
      config: {},
    });
    const off = overlay(config, { model: { agent: null } });
    expect(overlay(off, { model: { agent: { use: 'prior' } } }).model.agent?.use).toBe('prior');
  });

  it('says in one line what does not fit', () => {
    expect(() => overlay(config, { model: { agnet: null } }, 'row +agent')).toThrow(
      /^row \+agent: model: .*agnet/,
    );
    expect(() => overlay(config, null, 'row x')).toThrow(/^row x: the config: /);
  });
});
