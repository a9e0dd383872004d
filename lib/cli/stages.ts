/** `seaking-proxy stages`: the steps of a request, and the stages whose hooks are called between them. */
import { existsSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { lookup } from '../config/lookup.js';
import type { Hooks, InstalledStage } from '../core/custom-stage.js';
import { KIT } from '../kit/index.js';
import { STEPS, type Step } from '../pipeline.js';
import type { Options } from './options.js';
import { EXIT, type ProcessIo } from './process-io.js';
import { settingsOf } from './settings.js';
import { wrapped } from './wrapped.js';

/** By how often a step is taken. */
const INDENTS = { once: '', 'all attempts': '  ', 'each attempt': '    ' } as const;

const labelsOf = (stages: readonly InstalledStage[], name: keyof Hooks): readonly string[] => {
  const labels = stages.filter(({ hooks }) => hooks[name] !== undefined).map(({ label }) => label);
  return labels.length === 0 ? ['-'] : labels.map((label, at) => (at < labels.length - 1 ? `${label},` : label));
};

/** The steps in the order in which they are taken: on the way back a step comes behind those that it is around. */
const inOrder = (steps: readonly Step[]): readonly Step[] => {
  const end = steps.findLastIndex(({ within }) => within !== undefined) + 1;
  const isLate = ({ within, isBack }: Step) => within === 'all attempts' && isBack === true;
  const around = steps.slice(0, end);
  return [...around.filter((step) => !isLate(step)), ...around.filter(isLate), ...steps.slice(end)];
};

const linesOf = (installed: readonly InstalledStage[], step: Step): readonly string[] => {
  const indent = INDENTS[step.within ?? 'once'];
  if (step.hooks === undefined) return [`${indent}${step.name}`];
  const ordered = step.isBack === true ? [...installed].reverse() : installed;
  return step.hooks.flatMap((hook) => wrapped(`${indent}  [${hook}]`.padEnd(18), labelsOf(ordered, hook)));
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
    'A request takes these steps. Those that are indented are around all attempts,',
    'or belong to each attempt. In brackets are the hooks of the stages in the',
    'config, in the order in which they are called:',
    '',
    ...inOrder(STEPS).flatMap((each) => linesOf(installed, each)),
    '',
    ...costs(installed).flatMap((cost) => wrapped('', cost.split(' '))),
    'Built in:',
    ...KIT.flatMap(({ definition, description }) => wrapped(`  ${definition.name.padEnd(14)}`, description.split(' '))),
  ];
  processIo.out(`${lines.join('\n')}\n`);
  return EXIT.ok;
};
