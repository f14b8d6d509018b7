# Sourced by a script after its options' defaults: `--name value` sets the variable `name` that the script has set.
# What is left of the arguments stays in "$@". `--help` prints the script's head: its comments and its options.
# shellcheck shell=bash

# Prints the comments of a script from its second line on, and each `name=default  # what it is` as an option.
show_help() {
    awk 'NR == 1 { next }
        /parse_options\.sh/ { exit }
        /^#/ { sub(/^# ?/, ""); print; next }
        /^[a-z][a-z0-9_]*=/ {
            option = "  --" $0; text = ""
            if (match(option, / +# /)) {
                text = substr(option, RSTART + RLENGTH)
                option = substr(option, 1, RSTART - 1)
            }
            sub(/=/, " ", option)
            printf "%-36s %s\n", option, text
        }' "$1"
}

while [ $# -gt 0 ]; do
    case "$1" in
        -h | --help)
            show_help "$0"
            exit 0
            ;;
        --?*)
            option=${1#--}
            if [[ ! ${option} =~ ^[a-z][a-z0-9_]*$ || ! -v ${option} || ${option} == option ]]; then
                echo "error: unknown option $1; $0 --help lists the options" >&2
                exit 2
            elif [ $# -lt 2 ]; then
                echo "error: option $1 needs a value" >&2
                exit 2
            elif [[ ${!option} =~ ^(true|false)$ && ! $2 =~ ^(true|false)$ ]]; then
                echo "error: option $1 is true or false, not '$2'" >&2
                exit 2
            fi
            printf -v "${option}" '%s' "$2"
            shift 2
            ;;
        *) break ;;
    esac
done
unset option
