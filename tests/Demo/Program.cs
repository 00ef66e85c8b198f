using System.Runtime.InteropServices;
using Demo;

// Demo [--nodes N] [--once]: the program that ./run starts after the build; see ./run --help.
using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);

var nodes = Array.IndexOf(args, "--nodes") is >= 0 and var at ? int.Parse(args[at + 1]) : 1;
return await new Demonstration(nodes, staysUp: !args.Contains("--once")).RunAsync(stop.Token);

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true; // everything that was started is stopped first
    stop.Cancel();
}
