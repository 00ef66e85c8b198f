using System.Runtime.InteropServices;
using Load;

// Load: a soak of the whole gateway. tests/Benchmarks/README.md has the command.
if (!LoadOptions.TryRead(args, out var options))
{
    Console.Error.WriteLine(LoadOptions.Usage);
    return 2;
}
using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
{
    signal.Cancel = true; // everything that was started is stopped first
    stop.Cancel();
});
return await new Soak(options).RunAsync(stop.Token);
