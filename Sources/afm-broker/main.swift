import Glibc

exit(Broker.run(Array(CommandLine.arguments.dropFirst())))
