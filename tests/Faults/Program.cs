using System.Runtime.InteropServices;
using Faults.Facts;
using Faults.Judging;
using Faults.Runs;

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, StopAll);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, StopAll);
switch (args)
{
    case ["run", .. var rest] when FaultRunOptions.Read(rest) is { } options:
        options = options with { History = options.History ?? Path.Combine(Path.GetTempPath(), $"faults-{options.Seed}.jsonl") };
        await using (var run = new FaultRun(options, Console.WriteLine))
            return Report(await run.RunAsync(stop.Token), options.History);
    case ["judge", var file]:
        return Report(HistoryFile.Read(File.ReadLines(file)), file);
    default:
        Console.Error.WriteLine(FaultRunOptions.Usage);
        return 2;
}

static int Report(IReadOnlyList<Fact> history, string file)
{
    var findings = Judge.Check(history);
    Console.WriteLine($"{Summary.Of(history, findings)}\nhistory   {file}");
    return findings.Count == 0 ? 0 : 1;
}

void StopAll(PosixSignalContext signal)
{
    signal.Cancel = true; // everything that was started is stopped first
    stop.Cancel();
}
