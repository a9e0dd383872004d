/** The reference of the hooks, made from the types that the code has and what is said of them there. */
import { declared, membersOf } from './declarations.js';

const STAGES = 'core/custom-stage.js';
const EXCHANGE = 'core/exchange.js';

const cell = (text: string): string => text.replaceAll('|', '\\|');

const rowsOf = (name: string) => membersOf(declared(STAGES, name).code);

const own = (file: string, name: string): string => {
  const { base, code } = declared(file, name);
  const members = membersOf(code).map((member) => `\`${member.name}\``);
  const bases = base.split(/, (?![^<]*>)/).filter((each) => each !== '');
  return [...bases.map((each) => `all of \`${each}\``), ...members].join(', ');
};

/** The types of the values, in the order in which hooks see them. */
const VALUES: readonly (readonly [file: string, name: string])[] = [
  [EXCHANGE, 'Received'],
  [EXCHANGE, 'Decoded'],
  [EXCHANGE, 'Planned'],
  [EXCHANGE, 'Try'],
  [STAGES, 'Attempting'],
  [EXCHANGE, 'Replied'],
  [EXCHANGE, 'Answered'],
  [STAGES, 'Failed'],
  [STAGES, 'Choosing'],
  [STAGES, 'Parsed'],
  [STAGES, 'Outcome'],
  [STAGES, 'Finished'],
];

/** The part of docs/stages.md between its marks. */
export const hooks = (): string => {
  const rows = rowsOf('Hooks').map(({ name, type, says }) => {
    const [, value] = /^Hook(?:Function)?<(\w+)/.exec(type) ?? [];
    return `| \`${name.replace('?', '')}\` | ${value === undefined ? '' : `\`${value}\``} | ${cell(says)} |`;
  });
  const values = VALUES.map(([file, name]) => `| \`${name}\` | ${own(file, name)} |`);
  const tools = rowsOf('Tools').map(({ name, type, says }) => `| \`${name}\` | \`${cell(type)}\` | ${cell(says)} |`);
  return [
    '| Hook | Sees | When, and what it may do |',
    '|---|---|---|',
    ...rows,
    '',
    '| Value | Has |',
    '|---|---|',
    ...values,
    '',
    '| Second argument of `make` | Type | Meaning |',
    '|---|---|---|',
    ...tools,
  ].join('\n');
};
