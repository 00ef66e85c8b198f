using System.Runtime.InteropServices;
using Load.Capacity;
using Load.Soaks;

// Load [options]            a soak of the whole gateway
// Load capacity [options]   what calls cost, and how many there can be, beside other servers on the same streams
// tests/Benchmarks/README.md has the commands.
using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
{
    signal.Cancel = true; // everything that was started is stopped first
    stop.Cancel();
});
switch (args)
{
    case ["capacity", .. var rest] when CapacityOptions.Read(rest) is { } capacity:
        return await new CapacityRun(capacity).RunAsync(stop.Token);
    case [] or [['-', ..], ..] when LoadOptions.TryRead(args, out var options):
        return await new Soak(options).RunAsync(stop.Token);
    default:
        Console.Error.WriteLine($"{LoadOptions.Usage}\n{CapacityOptions.Usage}");
        return 2;
}
