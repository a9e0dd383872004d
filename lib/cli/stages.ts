/** `seaking-proxy stages`: the way of a request through rooms and seats, and who sits where. */
import { existsSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { lookup } from '../config/lookup.js';
import type { Seated, Seats } from '../core/custom-stage.js';
import { KIT } from '../stages/kit/index.js';
import type { Options } from './options.js';
import { settingsOf } from './settings.js';
import { EXIT, type World } from './world.js';
import { wrapped } from './wrapped.js';

type Step = { readonly room: string } | { readonly seat: keyof Seats };

const room = (name: string): Step => ({ room: name });
const seat = (name: keyof Seats): Step => ({ seat: name });

/** As lib/pipeline.ts puts them together. */
const STEPS: readonly Step[] = [
  room('admit'),
  seat('received'),
  room('decode'),
  seat('decoded'),
  room('classify'),
  seat('planned'),
  room('recover'),
  room('models'),
  room('retry-schedule, for each try:'),
  seat('try'),
  room('  forward'),
  seat('replied'),
  room('  judge'),
  seat('answered'),
  seat('json'),
  seat('text'),
  seat('failed'),
  room('encode'),
];

const sitters = (stages: readonly Seated[], name: keyof Seats): readonly string[] => {
  const labels = stages.filter(({ seats }) => seats[name] !== undefined).map(({ label }) => label);
  return labels.length === 0 ? ['-'] : labels.map((label, at) => (at < labels.length - 1 ? `${label},` : label));
};

const linesOf = (stages: readonly Seated[], step: Step): readonly string[] =>
  'room' in step ? [step.room] : wrapped(`    [${step.seat}]`.padEnd(18), sitters(stages, step.seat));

const holding = ({ label, seats: { needs } }: Seated): readonly string[] => {
  if (needs === undefined) return [];
  const until = needs === 'whole' ? 'it is whole' : `${needs.chars} characters of it are there`;
  return [`${label} holds each stream back until ${until}.`];
};

/** What stages cost a stream; a line each. */
export const costs = (stages: readonly Seated[]): readonly string[] => stages.flatMap(holding);

/** Prints it; without a config, for none. Resolves to the exit code. */
export const stages = async (options: Options, world: World): Promise<number> => {
  const hasConfig = O.isSome(options.target) || E.isRight(lookup(options.config, world.env, existsSync));
  const loaded = hasConfig ? await settingsOf(options, world) : E.right({ stages: [] });
  if (E.isLeft(loaded)) {
    world.err(`${loaded.left}\n`);
    return EXIT.config;
  }
  const seated: readonly Seated[] = loaded.right.stages;
  const lines = [
    'A request goes through these rooms. Between them, in brackets, are the seats',
    'that stages of the config take:',
    '',
    ...STEPS.flatMap((step) => linesOf(seated, step)),
    '',
    ...costs(seated).flatMap((cost) => wrapped('', cost.split(' '))),
    'Built in:',
    ...KIT.flatMap(({ definition, says }) => wrapped(`  ${definition.name.padEnd(14)}`, says.split(' '))),
  ];
  world.out(`${lines.join('\n')}\n`);
  return EXIT.ok;
};
