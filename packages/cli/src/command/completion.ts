import { Argument, Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { print, printJson, suggest } from '../output.ts'

/** `completion SHELL`. With `--json`: `{shell, script}`. */
export function completionCommand(): CommandUnknownOpts {
  return new Command('completion')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish'] as const))
    .addHelpText(
      'after',
      examples(
        'source <(grapevine completion bash)',
        "echo 'source <(grapevine completion bash)' >> ~/.bashrc",
        'grapevine completion fish > ~/.config/fish/completions/grapevine.fish',
      ),
    )
    .action(async (shell, _options, command) => {
      const { scripts } = await import('../completion-script.ts')
      const script = scripts[shell]
      if (contextOf(command).json) return printJson({ shell, script })
      await print(script)
      suggest(`# to have it from now on, run: ${install[shell]}`)
    })
}

const install = {
  bash: "echo 'source <(grapevine completion bash)' >> ~/.bashrc",
  zsh: "echo 'source <(grapevine completion zsh)' >> ~/.zshrc",
  fish: 'grapevine completion fish > ~/.config/fish/completions/grapevine.fish',
} as const

/** `complete -- WORD…`, which those scripts call: one `VALUE<TAB>DESCRIPTION` a line. With `--json`: an array of `{value, description}`. */
export function completeCommand(): CommandUnknownOpts {
  return new Command('complete')
    .description('print what could stand in the place of the last of these words; for the scripts of completion')
    .argument('[words...]', 'the words of a command line after grapevine, up to the cursor')
    .addHelpText('after', examples("grapevine complete -- topic ''"))
    .action(async (words, _options, command) => {
      const { candidates } = await import('../completion.ts')
      const found = await candidates(command.parent!, words)
      if (contextOf(command).json) return printJson(found)
      for (const { value, description } of found) await print(`${value}\t${description}`)
    })
}
