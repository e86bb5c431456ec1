# fish completion for bnnrun: asks the program, which knows its commands, keys, plugins and runs.
function __bnnrun_complete
    set -l given (commandline -opc)
    set -l current (commandline -ct)
    set -l program $given[1]
    set -e given[1]
    for line in ($program completion words -- $given "$current" 2>/dev/null)
        switch $line
            case ':nospace*'
            case ':files*'
                __fish_complete_path $current
            case '*'
                echo $line
        end
    end
end
complete -c bnnrun -f -a '(__bnnrun_complete)'
