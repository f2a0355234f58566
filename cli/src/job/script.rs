//! Batch scripts: the templates of `slurm/`, filled in.

use super::quoted;

pub(super) const TALLY: &str = include_str!("../../../slurm/tally.sbatch");
pub(super) const RELEASE: &str = include_str!("../../../slurm/release.sbatch");

/// Fills a template: options take the place of the `#SBATCH` lines that have them or follow the last one, and `commands` that of
/// the line that begins with `exec`.
pub(super) fn filled(template: &str, options: &[(&str, String)], commands: &str) -> String {
    let line = |(name, value): &(&str, String)| format!("#SBATCH --{name}={}", in_quotes(value));
    let named = |text: &str, name: &str| {
        text.strip_prefix("#SBATCH --").and_then(|rest| rest.split('=').next()).is_some_and(|n| n == name)
    };
    let mut lines: Vec<String> = Vec::new();
    let mut given: Vec<bool> = vec![false; options.len()];
    let last = template.lines().filter(|text| text.starts_with("#SBATCH")).count();
    let mut seen = 0;
    for text in template.lines() {
        if text.starts_with("#SBATCH") {
            seen += 1;
            let at = options.iter().position(|(name, _)| named(text, name));
            lines.push(at.map_or_else(|| text.to_owned(), |at| line(&options[at])));
            at.into_iter().for_each(|at| given[at] = true);
            if seen == last {
                lines.extend(options.iter().zip(&given).filter(|(_, given)| !**given).map(|(o, _)| line(o)));
            }
        } else if text.starts_with("exec ") {
            lines.push(commands.to_owned());
        } else {
            lines.push(text.to_owned());
        }
    }
    lines.join("\n") + "\n"
}

/// The line that gives a task the umask of this process, which Slurm does not know: it hands on that of `sbatch`.
pub(super) fn umask() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("Umask:")).map_or("0077", str::trim);
    format!("umask {mask}")
}

/// A value as sbatch reads it in a script.
fn in_quotes(value: &str) -> String {
    let plain = value.chars().all(|c| !c.is_whitespace() && !"\"'\\#".contains(c));
    if plain { value.to_owned() } else { format!("\"{}\"", value.replace('\\', r"\\").replace('"', "\\\"")) }
}

/// A path in which sbatch replaces `%` and more.
pub(super) fn pattern(path: &str) -> String {
    path.replace('%', "%%")
}

/// A directory that the shell of the task finds: `$TMPDIR` is for it to replace, all else is taken as it is.
pub(super) fn in_task(dir: &str) -> String {
    if dir.contains('$') {
        format!(
            "\"{}\"",
            dir.replace('\\', r"\\").replace('"', "\\\"").replace('`', "\\`").replace("$(", "\\$(")
        )
    } else {
        quoted(dir)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_take_their_place() {
        let template = "#!/bin/bash\n#SBATCH --time=1:00\n#SBATCH --requeue\nexec shukei tally \"$@\"\n";
        let options = [("time", "5:00".to_owned()), ("output", "/a b/c-%a".to_owned())];
        let expected =
            "#!/bin/bash\n#SBATCH --time=5:00\n#SBATCH --requeue\n#SBATCH --output=\"/a b/c-%a\"\nexec x y\n";
        assert_eq!(filled(template, &options, "exec x y"), expected);
    }

    #[test]
    fn variables_are_for_the_task() {
        assert_eq!(in_task("$TMPDIR/x"), "\"$TMPDIR/x\"");
        assert_eq!(in_task("/a b"), "'/a b'");
        assert_eq!(in_task("$(rm -rf x)`y`"), "\"\\$(rm -rf x)\\`y\\`\"");
    }
}
