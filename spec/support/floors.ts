/** The floors of lib: which file of lib may import which, and what only some of them may touch. */
import { posix } from 'node:path';

export interface Source {
  /** From the root of the repository, with slashes: `lib/core/stage.ts`. */
  readonly file: string;
  readonly text: string;
}

const FLOORS = [
  'core',
  'codecs',
  'dialects',
  'stages',
  'hooks',
  'kit',
  'pipeline',
  'face',
  'config',
  'stream',
  'edge',
  'telemetry',
  'app',
  'demo',
  'testing',
  'cli',
] as const;

type Floor = (typeof FLOORS)[number];

/** The floors that are a folder of their own name. */
const FOLDERS = [
  'core',
  'codecs',
  'dialects',
  'hooks',
  'kit',
  'config',
  'stream',
  'edge',
  'telemetry',
  'demo',
  'testing',
  'cli',
] as const;

const below = (floor: Floor): readonly Floor[] => FLOORS.slice(0, FLOORS.indexOf(floor));

/** Files of one stage may import each other as well. */
const MAY_IMPORT: Readonly<Record<Floor, readonly Floor[]>> = {
  core: ['core'],
  codecs: ['core', 'codecs'],
  dialects: ['core', 'dialects'],
  stages: ['core', 'dialects'],
  hooks: ['core', 'dialects', 'hooks'],
  kit: ['core', 'codecs', 'dialects', 'kit'],
  pipeline: [...below('pipeline'), 'pipeline'],
  face: below('face'),
  config: [...below('config'), 'config'],
  stream: ['core', 'dialects', 'stream'],
  edge: ['core', 'dialects', 'stream', 'edge'],
  telemetry: ['core', 'telemetry'],
  app: below('app'),
  demo: ['core', 'demo'],
  testing: [...below('testing'), 'testing'],
  cli: FLOORS,
};

interface Touch {
  readonly what: string;
  readonly allowed: readonly Floor[];
  /** Modules of Node, without `node:` and without a subpath. */
  readonly modules: readonly string[];
  readonly words?: RegExp;
}

const TOUCHES: readonly Touch[] = [
  {
    what: 'sockets, processes, time or dice',
    allowed: ['edge', 'demo', 'testing', 'cli'],
    modules: 'child_process cluster dgram dns http http2 https net perf_hooks timers tls worker_threads'.split(' '),
    words:
      /\b(Date\.now|performance\.now|hrtime|Math\.random|random(UUID|Bytes|Int)|getRandomValues|setTimeout|setInterval|setImmediate)\b|\bnew Date\(\)|(?<![.\w])fetch\(/,
  },
  { what: 'files', allowed: ['config', 'edge', 'cli'], modules: ['fs'] },
  {
    what: 'stdout or stderr',
    allowed: ['telemetry', 'cli'],
    modules: ['console', 'process'],
    words: /\bprocess\.std(out|err)\b|\bconsole\./,
  },
  {
    what: 'modules whose names are computed',
    allowed: ['config', 'cli'],
    modules: ['module'],
    words: /\bimport\(\s*[^\s'")]|\b(require|getBuiltinModule)\(/,
  },
];

const floorOf = (file: string): Floor | undefined => {
  if (file === 'lib/index.ts') return 'face';
  if (file === 'lib/pipeline.ts') return 'pipeline';
  if (file === 'lib/app.ts') return 'app';
  if (file.startsWith('lib/stages/')) return 'stages';
  return FOLDERS.find((floor) => file.startsWith(`lib/${floor}/`));
};

/** `decode` for `lib/stages/decode.ts`, and for all of `lib/stages/decode/`. */
const stageOf = (file: string): string | undefined => /^lib\/stages\/([^/.]+)/.exec(file)?.[1];

const isRelative = (path: string): boolean => /^\.{1,2}\//.test(path);

/** The source that a relative import means. */
const resolve = (file: string, path: string): string => posix.join(posix.dirname(file), path).replace(/\.js$/, '.ts');

/** What a source imports or exports from, of types too. */
export const importsOf = (text: string): readonly string[] =>
  [...text.matchAll(/\b(?:from\s*|import\s*\(?\s*)(['"])([^'"\n]+)\1/g)].map(([, , path]) => path as string);

const againstFloors = (file: string, floor: Floor, target: string): readonly string[] => {
  const its = floorOf(target);
  if (its === undefined) return [`imports ${target}, which is on no floor`];
  if (MAY_IMPORT[floor].includes(its)) return [];
  if (floor === 'stages' && its === 'stages') {
    return stageOf(file) === stageOf(target) ? [] : [`is a stage and imports another: ${target}`];
  }
  return [`${floor} may not import ${its}: ${target}`];
};

const againstPackages = (file: string, floor: Floor, path: string): readonly string[] => {
  const [name] = path.split('/');
  if (name === 'fp-ts' || name === 'io-ts') {
    const known = path === 'io-ts' || /^(fp-ts|io-ts)\/lib\/\w+\.js$/.test(path);
    return known ? [] : [`imports ${path}, which plain Node cannot load`];
  }
  if (floor === 'kit') return [`is a stage of the kit and imports ${path}`];
  if (name === 'http-proxy' && !/^lib\/edge\/transport(\.ts$|\/)/.test(file)) return ['imports http-proxy'];
  if (name === 're2js' && file !== 'lib/codecs/pattern.ts') return ['imports re2js'];
  if (name === 'seaking-proxy') return ['imports this package by its name'];
  return [];
};

const touched = (floor: Floor, imports: readonly string[], text: string): readonly string[] => {
  const modules = imports.map((path) => path.replace(/^node:/, '').split('/')[0] as string);
  return TOUCHES.filter(({ allowed }) => !allowed.includes(floor)).flatMap((touch) => {
    const how = modules.find((name) => touch.modules.includes(name)) ?? touch.words?.exec(text)?.[0];
    return how === undefined ? [] : [`${floor} may not touch ${touch.what}: ${how}`];
  });
};

/** What is wrong with one file, by its imports and its text. */
export const violations = (file: string, imports: readonly string[], text: string): readonly string[] => {
  const floor = floorOf(file);
  if (floor === undefined) return ['is on no floor'];
  const wrongImports = imports.flatMap((path) =>
    isRelative(path) ? againstFloors(file, floor, resolve(file, path)) : againstPackages(file, floor, path),
  );
  return [...wrongImports, ...touched(floor, imports, text)];
};

type Graph = ReadonlyMap<string, readonly string[]>;

/** The files on a cycle of imports, and on a way between two cycles: what is left when all ends are taken away. */
const onCycles = (graph: Graph): readonly string[] => {
  let left: ReadonlySet<string> = new Set(graph.keys());
  for (;;) {
    const importsSome = [...left].filter((file) => graph.get(file)?.some((target) => left.has(target)));
    const imported = new Set(importsSome.flatMap((file) => graph.get(file) ?? []));
    const inside = importsSome.filter((file) => imported.has(file));
    if (inside.length === left.size) return inside;
    left = new Set(inside);
  }
};

/** What is wrong with all of lib: each file, imports of what does not exist, and cycles. */
export const treeViolations = (sources: readonly Source[]): readonly string[] => {
  const graph = new Map(
    sources.map(({ file, text }) => [
      file,
      importsOf(text)
        .filter(isRelative)
        .map((path) => resolve(file, path)),
    ]),
  );
  const wrong = sources.flatMap(({ file, text }) => {
    const missing = (graph.get(file) ?? []).filter((target) => !graph.has(target));
    return [
      ...violations(file, importsOf(text), text).map((violation) => `${file} ${violation}`),
      ...missing.map((target) => `${file} imports ${target}, which does not exist`),
    ];
  });
  const cyclic = onCycles(graph);
  return cyclic.length === 0 ? wrong : [...wrong, `imports go in a circle: ${[...cyclic].sort().join(', ')}`];
};
