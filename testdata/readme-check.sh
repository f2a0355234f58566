#!/usr/bin/env bash
# Runs the commands of a README: every ```sh block that stands under a line `<!-- run -->`, in order, in one shell, in an
# empty directory. Fails at the first command that fails, and when there is no such block.
#
#     testdata/readme-check.sh [README.md]        with `shukei` on PATH, and what the blocks use besides (bcftools)
#
# `cargo run --release -p shukei-cli -- …` runs the `shukei` on PATH: building it is not what is tested here.
set -euo pipefail

readme=$(realpath "${1:-"$(dirname "$0")/../README.md"}")
command -v shukei >/dev/null || { echo "readme-check: no shukei on PATH" >&2; exit 1; }

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Takes the blocks out; each begins by saying on which line it stands. An error in the marks is an error.
blocks=$(awk '
    /^<!-- run -->[[:space:]]*$/ { marked = 1; next }
    marked && /^```sh[[:space:]]*$/ { inside = 1; marked = 0; n++; print "block=" NR; next }
    marked && !/^[[:space:]]*$/ { print FILENAME ":" NR ": a ```sh block is expected under <!-- run -->" > "/dev/stderr"; bad = 1; exit }
    inside && /^```/ { inside = 0; next }
    inside { print }
    END {
        if (!bad && (marked || inside)) { print FILENAME ": the last block is not complete" > "/dev/stderr"; bad = 1 }
        if (!bad && !n) { print FILENAME ": nothing is marked <!-- run -->" > "/dev/stderr"; bad = 1 }
        exit bad
    }' "$readme")

cat >"$dir/script" <<'PRELUDE'
set -euo pipefail
block=0
cargo() {
    if [ "${1-} ${2-} ${3-} ${4-} ${5-}" != "run --release -p shukei-cli --" ]; then
        echo "readme-check: only \`cargo run --release -p shukei-cli -- …\` is known here" >&2
        return 1
    fi
    shift 5
    shukei "$@"
}
trap 'code=$?; [ $code = 0 ] || echo "readme-check: a command of the block on line $block failed ($code)" >&2' EXIT
PRELUDE
printf '%s\n' "$blocks" >>"$dir/script"

mkdir "$dir/work"
cd "$dir/work"
env -u SHUKEI_CONFIG -u SLURM_ARRAY_TASK_ID -u SLURM_CPUS_PER_TASK XDG_STATE_HOME="$dir/state" LC_ALL=C.UTF-8 bash "$dir/script"
echo "readme-check: $readme: every marked command ran" >&2
