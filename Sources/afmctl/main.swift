import Glibc

exit(Afmctl.run(Array(CommandLine.arguments.dropFirst())).rawValue)
