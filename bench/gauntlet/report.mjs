/** Results as text. */
import { PLACES } from './client.mjs';

/** What the client got, in a few words. */
const told = (got) => {
  const message = got.error?.error?.message ?? got.error?.error ?? got.error?.message ?? got.error?.detail;
  const says = message === undefined ? '' : `: ${String(message).slice(0, 60)}`;
  if (got.end === 'timeout') return 'no end';
  if (got.end === 'refused') return 'no reply';
  if (got.end === 'cut') return `${got.status}, cut after ${got.length} characters`;
  if (got.killed !== undefined) return `${got.status}, reader stopped after ${got.length} characters`;
  if (got.streamed && got.error !== undefined) return `${got.length} characters, then an error${says}`;
  if (got.error !== undefined) return `${got.status}${says}`;
  if (got.unreadable) return `${got.status}, no reply in it`;
  return got.length > 0 || got.extras.size === 0 ? `${got.length} characters` : [...got.extras].join(', ');
};

const MARKS = { good: ' ', bad: '!', 'passed off': 'X', refused: 'R' };

const line = (cells) =>
  cells
    .map(([text, width]) => String(text).padEnd(width))
    .join(' ')
    .trimEnd();

export const row = ({ kase, got, attempts, outcome, problems }) => {
  const { dialect, mode } = PLACES[kase.place];
  const cells = [
    [MARKS[outcome], 1],
    [kase.name, 24],
    [kase.kind, 11],
    [dialect, 9],
    [mode, 6],
    [attempts, 2],
    [Math.round(got.ms), 6],
    [told(got), 0],
  ];
  return line(cells) + (problems.length > 0 ? `  <- ${problems.join('; ')}` : '');
};

export const header = line([
  ['', 1],
  ['case', 24],
  ['kind', 11],
  ['dialect', 9],
  ['mode', 6],
  ['n', 2],
  ['ms', 6],
  ['what the client got', 0],
]);

export const scoreOf = (results) => {
  const count = (wanted) => results.filter(({ outcome }) => outcome === wanted).length;
  return {
    total: results.length,
    good: count('good'),
    passedOff: count('passed off'),
    refused: count('refused'),
  };
};

/** Rounded down, so that 100 % is all of them. */
export const percent = ({ good, total }) => (total === 0 ? 0 : Math.floor((1000 * good) / total) / 10);

export const scoreLine = (score) =>
  `${score.good} of ${score.total} good (${percent(score)} %), ` +
  `${score.passedOff} failures passed off as success, ${score.refused} good replies refused`;
