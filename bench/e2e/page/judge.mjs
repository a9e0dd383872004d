/** Whether what stands on the screen is what should. */
import { played } from '../report.mjs';

/** Below it, a text that breaks off is too little to be a beginning. */
const LEAST_BEGINNING = 20;

const TEXTS = {
  whole: (text, expected) => text === expected,
  beginning: (text, expected) =>
    text.length >= LEAST_BEGINNING && text.length < expected.length && expected.startsWith(text),
};

/** Of `innerText`: a tab is shown as a blank, and white space at the end not at all. */
export const onScreen = (text) => text.replaceAll('\t', ' ').trimEnd();

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const patternOf = (told) => new RegExp(`^${escaped(told).replace('@', '(\\d+(\\.\\d)?|under 0\\.1)')}$`);

const firstDifference = (a, b) => {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
};

const textProblems = (replies, text, expected) => {
  if (text === 'none') return replies.length === 0 ? [] : [`${replies.length} replies where none should be`];
  if (replies.length !== 1) return [`${replies.length} replies`];
  const [reply] = replies;
  if (TEXTS[text](reply.text.trimEnd(), expected)) return [];
  return [
    `the text differs at ${firstDifference(reply.text, expected)} of ${expected.length}: ${JSON.stringify(reply.text)}`,
  ];
};

const toastProblems = (toasts, told) => {
  const isTold = told === undefined ? toasts.length === 0 : toasts.length === 1 && patternOf(told).test(toasts[0]);
  return isTold ? [] : [`toasts ${JSON.stringify(toasts)}`];
};

/** What no screen may show, whatever is being tested. */
const ruleProblems = ({ messages, popups, leaks }) => [
  ...messages.filter(({ text }) => /^(\.\.\.|\u2026|\s*)$/.test(text)).map(() => 'an empty message'),
  ...popups.map((popup) => `a popup: ${JSON.stringify(popup)}`),
  ...leaks.map((secret) => `${secret} is on the page`),
];

const attemptProblems = (wanted, attempts) => {
  const names = attempts.map((attempt) => attempt.played);
  const more = names.slice(wanted.played.length);
  const isMore = more.length <= (wanted.early ?? 0) && more.every((name) => name === names[0]);
  const isPlayed = played(names.slice(0, wanted.played.length)) === played(wanted.played);
  return isPlayed && isMore ? [] : [`the upstream played ${played(names)}`];
};

/**
 * @param {import('./kinds.mjs').Case} wanted
 * @param {any} shown see tavern.mjs
 * @param {string} expected the whole text
 * @param {readonly any[]} attempts
 */
export const judge = (wanted, shown, expected, attempts) => {
  const replies = shown.messages.filter(({ isUser }) => !isUser);
  return [
    ...textProblems(replies, wanted.text, onScreen(expected)),
    ...toastProblems(shown.toasts, wanted.told),
    ...ruleProblems(shown),
    ...attemptProblems(wanted, attempts),
  ];
};

/** Of a message that has one; it is shown with blanks of no width. */
const counted = ({ swipes }) => (swipes === '' || swipes === '1/1' ? '' : ` (${swipes})`);

/** In words, for the table. @param {any} shown @param {string} expected */
export const sawOf = ({ messages, toasts, popups }, expected) => {
  const texts = messages
    .filter(({ isUser }) => !isUser)
    .map((message) => {
      const isWhole = message.text.trimEnd() === onScreen(expected);
      return `${isWhole ? 'the reply' : 'the beginning of the reply'}${counted(message)}`;
    });
  if (texts.length + toasts.length + popups.length === 0) return 'no message';
  return [...texts, ...toasts.map((toast) => `toast: ${toast}`), ...popups].join('; ');
};
