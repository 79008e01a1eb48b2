/** The help of each command, and that its example is accepted. */

import { expect, it } from 'vitest';
import { parseArguments } from '../../program/cli/arguments.ts';
import { COMMANDS, describeCommand, listCommands } from '../../program/cli/commands.ts';

it.each(Object.entries(COMMANDS))('%s has a help of its own, with an example', (name, command) => {
  const help = describeCommand(command).split('\n');
  expect(help[0]).toMatch(new RegExp(`^Usage: infra/aws-deploy.sh ${name}\\b`));
  expect(help.at(-1)).toBe(`  infra/aws-deploy.sh ${command.example}`);
  expect(listCommands()).toContain(command.summary);
  const { command: named, options, operands } = parseArguments(command.example.split(' '));
  expect(named).toBe(name);
  expect(operands.length).toBeLessThanOrEqual(command.operands ?? 0);
  const given = Object.entries(options).filter(([, value]) => value);
  const known: readonly string[] = [...command.options, 'environment', 'json'];
  expect(given.filter(([option]) => !known.includes(option))).toEqual([]);
});

it.each(Object.entries(COMMANDS))('the usage of %s shows each of its options', (_, command) => {
  const { usage, options } = command;
  const shown = [...usage.matchAll(/--([a-z-]+)/g)].map(([, option = '']) => option);
  expect([...shown].sort()).toEqual([...options].sort());
});
