/** Text that fits a terminal. */

/** Columns of one. */
const WIDTH = 80;

/** The words after a head, in lines that begin where the first word does. */
export const wrapped = (head: string, words: readonly string[]): readonly string[] => {
  const lines: string[] = [];
  let line = head;
  for (const word of words) {
    if (line.length === head.length) line += word;
    else if (line.length + 1 + word.length <= WIDTH) line += ` ${word}`;
    else {
      lines.push(line);
      line = ' '.repeat(head.length) + word;
    }
  }
  return [...lines, line];
};
