import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { type ImageFlags, imageOptions, pictureOptions } from './image-options';

const parsed = (...args: string[]) =>
  pictureOptions(imageOptions(new Command()).parse(args, { from: 'user' }).opts<ImageFlags>());

describe('pictureOptions', () => {
  it.each([
    [[], undefined],
    [['--window', '2048', '4096'], { voi: { center: 2048, width: 4096 } }],
    [['--window', '40.5,80'], { voi: { center: 40.5, width: 80 } }],
    [['--window', '-600', '1500'], { voi: { center: -600, width: 1500 } }],
    [['--window=-600,1500', '--invert'], { voi: { center: -600, width: 1500 }, invert: true }],
    [['--levels', 'auto'], { voi: 'percentiles' }],
    [['--levels', 'minmax', '--force'], { voi: 'minmax', force: true }],
    [['--levels', 'file'], undefined],
    [['--gray', 'mimic-jpg'], { voi: 'mimic-jpg' }],
    [['--force'], { force: true }],
  ])('%j', (args, expected) => expect(parsed(...args)).toEqual(expected));

  it.each([
    [['--window', '5'], /--window: expected a center and a width of at least 1/],
    [['--window', 'a,b'], /--window: expected a center and a width/],
    [['--window', '5,0'], /--window: expected a center and a width/],
    [['--window', '1', '2', '3'], /--window: expected a center and a width/],
    [['--levels', 'best'], /--levels: expected one of file, minmax, auto/],
    [['--levels', 'auto', '--gray', 'mimic-jpg'], /expected one of --levels auto, --gray mimic-jpg, found 2/],
  ])('refuses %j', (args, says) => expect(() => parsed(...args)).toThrow(says));
});
