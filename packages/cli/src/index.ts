export { type CommandDeps, createProgram } from './program.ts';
