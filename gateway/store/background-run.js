/**
 * What a thread begins with (background-thread.ts): it lowers its priority, and only then loads its program, which takes half a second of
 * processor time. Elsewhere than on Linux a priority is one of the whole process.
 */

import { constants, setPriority } from 'node:os';

if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
await import(process.argv[2]);
