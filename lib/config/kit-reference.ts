/** The page of the built-in stages, made from what they take. */
import { KIT } from '../kit/index.js';
import type { KitStage } from '../kit/kit-stage.js';
import { table } from './reference.js';

const chapter = ({ definition, description, fields, example }: KitStage): readonly string[] => [
  `## ${definition.name}`,
  '',
  description,
  '',
  ...table(fields),
  '',
  '```yaml',
  'stages:',
  ...example
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`),
  '```',
  '',
];

/** docs/kit.md. */
export const kitReference = (): string =>
  [
    '<!-- Made from lib/kit. After a change there: npm run build && UPDATE_DOCS=1 npx mocha -->',
    '# Built-in stages',
    '',
    'What `use:` can name in `stages:` without more; for stages of your own, see [stages.md](stages.md). Each may stand there more than once, and they work as layers: on requests in the order of the file, on replies in the opposite order. `seaking-proxy stages` shows which stage does what when; `seaking-proxy check` tells what is wrong, with its line.',
    '',
    "Patterns are in RE2's syntax: as in JavaScript, but without look-ahead, look-behind and back-references, which can take for ever. `(?i)` at the start makes a pattern blind to case.",
    '',
    ...KIT.flatMap(chapter),
  ].join('\n');
