/**
 * LiteLLM, which is made for such upstreams too. It comes from PyPI into a cache folder of this bench's own, where it stays
 * (about 750 MB); nothing else of the system is touched.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { scratchFile, start } from '../gauntlet/processes.mjs';
import { freePort, HOST, started } from './ports.mjs';

const VERSION = '1.108.7';
const INSTALL_MS = 900_000;
/** It imports much before it listens. */
const START_MS = 180_000;

const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const folder = join(cache, 'seaking-proxy-bench', `litellm-${VERSION}`);
const isWindows = process.platform === 'win32';
const bin = (name) => join(folder, isWindows ? 'Scripts' : 'bin', name);

const run = (command, ...args) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: INSTALL_MS });

const isInstalled = () => {
  try {
    const code = "import importlib.metadata as m; print(m.version('litellm'))";
    return existsSync(bin('litellm')) && run(bin('python'), '-c', code).trim() === VERSION;
  } catch {
    return false;
  }
};

/** The version, or why it cannot be had. @returns {{ version: string } | { why: string }} */
const install = () => {
  if (isInstalled()) return { version: VERSION };
  console.log(`LiteLLM ${VERSION} is installed into ${folder}: this takes minutes, once.`);
  try {
    // What an earlier run has left half done.
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    run('python3', '-m', 'venv', folder);
    run(bin('python'), '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `litellm[proxy]==${VERSION}`);
    return { version: VERSION };
  } catch (error) {
    const said = String(error.stderr || error.message).trim();
    return { why: said.split('\n').at(-1) };
  }
};

const LIMIT_S = 2;
const RETRIES = 3;

/** Of a provider in LiteLLM's sense, which is the dialect that the upstream is asked in. */
const config = (provider, base) => `model_list:
  - model_name: "*"
    litellm_params:
      model: "${provider}/*"
      api_base: "${base}"
      api_key: sk-upstream
      timeout: ${LIMIT_S}
      stream_timeout: ${LIMIT_S}
      max_retries: 0
router_settings:
  num_retries: ${RETRIES}
  timeout: ${LIMIT_S}
  disable_cooldowns: true
litellm_settings:
  num_retries: ${RETRIES}
  request_timeout: ${LIMIT_S}
`;

const serve = async (provider, base) => {
  const port = await freePort();
  const path = scratchFile(`litellm-${provider}.yaml`, config(provider, base));
  const env = {
    LITELLM_LOCAL_MODEL_COST_MAP: 'True',
    LITELLM_LOG: 'CRITICAL',
    // Each case has a key of its own, and all are let in.
    LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY: 'true',
    // As soon as this proxy tries again in the gauntlet.
    INITIAL_RETRY_DELAY: '0.01',
    JITTER: '0.01',
    NO_PROXY: HOST,
  };
  const args = ['--config', path, '--host', HOST, '--port', String(port), '--telemetry', 'False'];
  return started(start(bin('litellm'), args, { env }), port, START_MS);
};

/** It takes the dialect of the upstream from its config, so that one of it stands before each. */
export const litellm = {
  name: 'LiteLLM',
  how: `num_retries ${RETRIES}, time-outs of ${LIMIT_S} s, no cool-downs, one for each dialect; it makes lists of models itself, so that their cases are left out`,
  install,
  plays: ({ place }) => place !== 'models',
  start: async (url) => {
    const openai = await serve('openai', `${url}/v1`);
    const anthropic = await serve('anthropic', url);
    return {
      url: openai.url,
      anthropicUrl: anthropic.url,
      end: async () => {
        await openai.end();
        await anthropic.end();
      },
    };
  },
};
