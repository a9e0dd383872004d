/** The reference of the seats, made from the types that the code has and what is said of them there. */
import { declared, membersOf } from './declarations.js';

const STAGES = 'core/custom-stage.js';
const EXCHANGE = 'core/exchange.js';

const cell = (text: string): string => text.replaceAll('|', '\\|');

const rowsOf = (name: string) => membersOf(declared(STAGES, name).code);

const own = (file: string, name: string): string => {
  const { base, code } = declared(file, name);
  const members = membersOf(code).map((member) => `\`${member.name}\``);
  return [...(base === '' ? [] : [`all of \`${base}\``]), ...members].join(', ');
};

const VALUES = ['Received', 'Decoded', 'Planned', 'Try', 'Replied', 'Answered'];

/** The part of docs/stages.md between its marks. */
export const seats = (): string => {
  const rows = rowsOf('Seats').map(({ name, type, says }) => {
    const [, value] = /^Seat<(\w+)/.exec(type) ?? [];
    return `| \`${name.replace('?', '')}\` | \`${cell(value ?? type)}\` | ${cell(says)} |`;
  });
  const values = VALUES.map((name) => `| \`${name}\` | ${own(EXCHANGE, name)} |`);
  const tools = rowsOf('Tools').map(({ name, type, says }) => `| \`${name}\` | \`${cell(type)}\` | ${cell(says)} |`);
  return [
    '| Seat | Sees | When, and what takes effect |',
    '|---|---|---|',
    ...rows,
    '',
    '| Value | Has |',
    '|---|---|',
    ...values,
    `| \`Failed\` | ${own(STAGES, 'Failed')} |`,
    '',
    '| Second argument of `make` | Type | Meaning |',
    '|---|---|---|',
    ...tools,
  ].join('\n');
};
