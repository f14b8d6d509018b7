# Sourced by a script after the defaults of its options: `--name value` sets the variable `name` that the script sets
# above. The remaining arguments stay in "$@". `--help` prints the head of the script: its comments and its options, with
# the values that they have by then, so that a recipe's help shows what its run.sh sets.
#
# A script may define the function `pass_on` above: the command that takes the options which the script does not have.
# These, and all that follows --, are then in the array PASSED_OPTIONS, and the last value of each is in PASSED[name].
# Options that are not in the command's --help are an error.
# shellcheck shell=bash

PASSED_OPTIONS=()
declare -A PASSED=()
script=${BASH_SOURCE[1]}
[ -r "${script}" ] || script=./$(basename "${script}")  # it has changed to its own folder
own_options=" $(sed -n '/parse_options\.sh/q; s/^\([a-z][a-z0-9_]*\)=.*/\1/p' "${script}" | tr '\n' ' ')"

# wrong_usage MESSAGE: ends the script with exit code 2.
wrong_usage() {
    echo "error: $*" >&2
    exit 2
}

# at_least MINIMUM NAME...: stops unless these options are whole numbers of at least MINIMUM.
at_least() {
    local option
    for option in "${@:2}"; do
        [[ ${!option} =~ ^-?[0-9]{1,9}$ ]] || wrong_usage "--${option} is a number, not '${!option}'"
        [[ ${!option} != -* ]] && [ "${!option}" -ge "$1" ] ||
            wrong_usage "--${option} is a number from $1 upwards, not '${!option}'"
        printf -v "${option}" '%d' "$((10#${!option}))"
    done
}

# show_head SCRIPT: prints the comments of a script from its second line on.
show_head() {
    sed -n '1d; /^#/!q; s/^# \{0,1\}//p' "$1"
}

# Prints the head of the script, each `name=default  # description` as an option, and the options that it passes on.
show_help() {
    local line name value
    if [ -n "${C2SER_RUN_OPTIONS+set}" ] && [[ ${script} != *run.sh ]]; then  # called by a recipe's run.sh
        show_head run.sh
        echo
    fi
    show_head "${script}"
    echo
    while IFS= read -r line; do
        [[ ${line} != *parse_options.sh* ]] || break
        [[ ${line} =~ ^([a-z][a-z0-9_]*)=[^#]*(# (.*))?$ ]] || continue
        name=${BASH_REMATCH[1]}
        value=${!name}
        [[ ${value} != *" "* ]] || value="\"${value}\""
        printf '  %-34s %s\n' "--${name} ${value}" "${BASH_REMATCH[3]}"
    done < "${script}"
    declare -F pass_on > /dev/null || return 0
    printf '\nFurther options'
    [ ${#PASSED_OPTIONS[@]} -eq 0 ] || printf ', here %s' "${PASSED_OPTIONS[*]}"
    printf ':\n\n'
    C2SER_HELP=true pass_on --help
}

# set_option NAME VALUE
set_option() {
    if [[ ${!1} =~ ^(true|false)$ && ! $2 =~ ^(true|false)$ ]]; then
        wrong_usage "option --$1 is true or false, not '$2'"
    fi
    printf -v "$1" '%s' "$2"
}

# note_passed WORD: adds a word to the options that are passed on. One with spaces is a value, such as "--seed 1".
note_passed() {
    if [[ $1 == --* && ! ( $1 == *" "* && -n ${PASSED_NAME} ) ]]; then
        PASSED_NAME=${1#--}
        [[ ${PASSED_NAME} =~ ^[a-z][a-z0-9_]*$ ]] || wrong_usage "unknown option $1; $0 --help lists the options"
        PASSED[${PASSED_NAME}]=
    elif [ -n "${PASSED_NAME}" ]; then
        PASSED[${PASSED_NAME}]=$1
    fi
    PASSED_OPTIONS+=("$1")
}

# check_passed: stops at options that the command does not have, before anything runs.
check_passed() {
    local accepted option
    [ ${#PASSED[@]} -gt 0 ] || return 0
    accepted=$(pass_on --help) || exit
    for option in "${!PASSED[@]}"; do
        grep -qE -- "(^|[^a-z0-9_-])--${option}([^a-z0-9_-]|\$)" <<< "${accepted}" ||
            wrong_usage "unknown option --${option}; $0 --help lists the options"
    done
}

PASSED_NAME=  # the option that a following word belongs to
while [ $# -gt 0 ]; do
    if [[ $1 == -h || $1 == --help ]]; then
        show_help
        exit
    elif [[ $1 == --?* && ${own_options} == *" ${1#--} "* ]]; then
        [ $# -gt 1 ] || wrong_usage "option $1 needs a value"
        set_option "${1#--}" "$2"
        PASSED_NAME=
        shift 2
    elif ! declare -F pass_on > /dev/null; then
        [[ $1 == --?* ]] || break
        wrong_usage "unknown option $1; $0 --help lists the options"
    elif [ "$1" = -- ]; then
        for word in "${@:2}"; do note_passed "${word}"; done
        set --
    elif [[ $1 == --* || -n ${PASSED_NAME} ]]; then
        note_passed "$1"
        shift
    else
        break
    fi
done
if declare -F pass_on > /dev/null; then check_passed; fi
