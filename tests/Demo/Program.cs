using System.Runtime.InteropServices;
using Demo;

// Demo [--once]: the program that ./run starts after the build; see ./run --help.
using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);

return await new Demonstration(staysUp: !args.Contains("--once")).RunAsync(stop.Token);

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true; // everything that was started is stopped first
    stop.Cancel();
}
