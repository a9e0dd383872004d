/** Finding what a short text quotes of prompts, which may be long: the short one is indexed, the long ones are read once. */
import { lettersIn } from './letters.js';
import { takeWindows, windowsOf } from './windows.js';

/** Each block of so many letters of a prompt is looked for, so that of twice as many in a row one is always found. */
const BLOCK = 14;
/** Pieces need little memory; they overlap, so that what stands between two of them is found too. */
const PIECE = 1 << 17;
const OVERLAP = 256;

/** Marks each character of the text that is quoted of a prompt at length. Linear in the text and in the prompts. */
export const markQuotes = (text: string, prompts: readonly string[], marked: Uint8Array): void => {
  const places = new Uint32Array(text.length);
  const codes = lettersIn(text, 0, text.length, places);
  const windows = windowsOf(codes, BLOCK);
  const quoted = new Uint8Array(codes.length);
  if (codes.length < BLOCK) return;
  for (const prompt of prompts) {
    for (let from = 0; from < prompt.length; from += PIECE) {
      const theirs = lettersIn(prompt, from, Math.min(prompt.length, from + PIECE + OVERLAP));
      takeWindows(windows, theirs, BLOCK, (start, block) => {
        quoted.fill(1, start, start + BLOCK);
        // What stands around a block is quoted too as far as it is the same; what is marked was followed before.
        const shift = block - start;
        for (let at = start - 1; quoted[at] === 0 && codes[at] === theirs[at + shift]; at -= 1) quoted[at] = 1;
        for (let at = start + BLOCK; quoted[at] === 0 && codes[at] === theirs[at + shift]; at += 1) quoted[at] = 1;
      });
    }
  }
  for (let at = 0; at < quoted.length; at += 1) {
    if (quoted[at] === 1) marked.fill(1, places[at], (places[at] as number) + 1);
  }
};
