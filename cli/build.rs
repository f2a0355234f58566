//! The static binary copies memory with `musl/copy.c`: with musl's own functions a cohort of GT takes 5 % more time.

fn main() {
    println!("cargo:rerun-if-changed=musl/copy.c");
    let target = |what: &str| std::env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    if target("ENV") == "musl" && target("ARCH") == "x86_64" {
        cc::Build::new()
            .file("musl/copy.c")
            // Also in a debug build, whose memory is copied as often.
            .opt_level(3)
            // Nobody may turn these functions into calls of themselves.
            .flag("-ffreestanding")
            .flag("-fno-builtin")
            .flag_if_supported("-fno-tree-loop-distribute-patterns")
            .compile("copy");
    }
}
