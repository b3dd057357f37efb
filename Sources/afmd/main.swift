import CommandTable
import Configuration
import Daemon
import Foundation

Allocator.useOneArena()
exit(AFMDCommand.run(CommandLine.arguments.dropFirst().map { $0 }, ProcessInfo.processInfo.environment))
