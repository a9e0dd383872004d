/** What a config tells of the options of a stage of the kit, for specs. */

import type { KitStage } from '../../lib/kit/kit-stage.js';
import { install } from '../../lib/testing/index.js';

/** The problem; `''` where there is none. */
export const problem = ({ definition }: KitStage, options: Readonly<Record<string, unknown>>): string => {
  try {
    install({ stage: definition as never, with: options });
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};
