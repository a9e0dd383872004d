/** `seaking-proxy stages`: the steps of a request, and the stages whose hooks are called between them. */
import { existsSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { lookup } from '../config/lookup.js';
import type { Hooks, InstalledStage } from '../core/custom-stage.js';
import { KIT } from '../kit/index.js';
import type { Options } from './options.js';
import { EXIT, type ProcessIo } from './process-io.js';
import { settingsOf } from './settings.js';
import { wrapped } from './wrapped.js';

type Step = { readonly step: string } | { readonly hook: keyof Hooks; readonly isBack?: boolean };

const step = (name: string): Step => ({ step: name });
const hook = (name: keyof Hooks): Step => ({ hook: name });
/** On the way back stages are called in the opposite order. */
const back = (name: keyof Hooks): Step => ({ hook: name, isBack: true });

/** The steps in the order of lib/pipeline.ts. */
const STEPS: readonly Step[] = [
  step('admit'),
  step('decode'),
  hook('request'),
  step('classify'),
  step('recover'),
  step('models'),
  step('retry-schedule, for each try:'),
  hook('attempt'),
  step('  forward'),
  back('reply'),
  step('  judge'),
  back('response'),
  back('json'),
  back('text'),
  back('failure'),
  step('encode'),
  back('finished'),
];

const labelsOf = (stages: readonly InstalledStage[], name: keyof Hooks): readonly string[] => {
  const labels = stages.filter(({ hooks }) => hooks[name] !== undefined).map(({ label }) => label);
  return labels.length === 0 ? ['-'] : labels.map((label, at) => (at < labels.length - 1 ? `${label},` : label));
};

const linesOf = (stages: readonly InstalledStage[], each: Step): readonly string[] => {
  if ('step' in each) return [each.step];
  const ordered = each.isBack === true ? [...stages].reverse() : stages;
  return wrapped(`    [${each.hook}]`.padEnd(18), labelsOf(ordered, each.hook));
};

const holding = ({ label, hooks: { needs } }: InstalledStage): readonly string[] => {
  if (needs === undefined) return [];
  const until = needs === 'whole' ? 'it is whole' : `${needs.chars} characters of it are there`;
  return [`${label} holds each stream back until ${until}.`];
};

/** The costs of stages for a stream; a line each. */
export const costs = (stages: readonly InstalledStage[]): readonly string[] => stages.flatMap(holding);

/** Prints it; without a config, for none. Resolves to the exit code. */
export const stages = async (options: Options, processIo: ProcessIo): Promise<number> => {
  const hasConfig = O.isSome(options.target) || E.isRight(lookup(options.config, processIo.env, existsSync));
  const loaded = hasConfig ? await settingsOf(options, processIo) : E.right({ stages: [] });
  if (E.isLeft(loaded)) {
    processIo.err(`${loaded.left}\n`);
    return EXIT.config;
  }
  const installed: readonly InstalledStage[] = loaded.right.stages;
  const lines = [
    'A request goes through these steps. Between them, in brackets, are the hooks of',
    'the stages in the config, in the order in which they are called:',
    '',
    ...STEPS.flatMap((each) => linesOf(installed, each)),
    '',
    ...costs(installed).flatMap((cost) => wrapped('', cost.split(' '))),
    'Built in:',
    ...KIT.flatMap(({ definition, description }) => wrapped(`  ${definition.name.padEnd(14)}`, description.split(' '))),
  ];
  processIo.out(`${lines.join('\n')}\n`);
  return EXIT.ok;
};
