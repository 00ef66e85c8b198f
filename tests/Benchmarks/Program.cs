using System.Globalization;
using Benchmarks;
using Benchmarks.Agents;
using Benchmarks.Billing;
using Benchmarks.Quality;
using Media.Engine;
using Media.Engine.Codecs;

// Benchmarks [calls] [seconds] [complexity] [managed]   the media of so many calls, with libopus or with the managed Opus
// Benchmarks queue [callers] [seconds]       callers who hear the same music, beside bridged calls
// Benchmarks turns [calls] [seconds]         user and phone take turns to talk, beside both always talking
// Benchmarks governed [seconds]              the delay and late frames at a loop's limit, with the governor and without
// Benchmarks sampled [calls] [seconds]       the quality sampled every five seconds, beside no samples
// Benchmarks quality                          what is heard of impaired streams
// Benchmarks agents [picks a second] [seconds]  picking an agent out of a thousand
// Benchmarks billing [rows] [seconds]           admission, settlement, and pages of that many past calls
// Benchmarks statistics [calls]                 statistics of a year out of the summaries of that many calls
if (args is ["quality"])
{
    QualityTable.Print();
    ProtectionTable.Print();
    return 0;
}
if (args is ["agents", ..])
{
    await AgentCost.MeasureAsync(perSecond: Argument(1, 200), TimeSpan.FromSeconds(Argument(2, 30)));
    return 0;
}

if (args is ["turns", ..])
    return await TurnsCost.MeasureAsync(new CostOptions { Calls = Argument(1, 50), Duration = TimeSpan.FromSeconds(Argument(2, 10)) });
if (args is ["sampled", ..])
    return await SampledCost.MeasureAsync(new CostOptions { Calls = Argument(1, 50), Duration = TimeSpan.FromSeconds(Argument(2, 10)) });
if (args is ["governed", ..])
    return await GovernedDelay.MeasureAsync(TimeSpan.FromSeconds(Argument(1, 10)));
if (args is ["queue", ..])
    return await QueueCost.MeasureAsync(callers: Argument(1, 500), TimeSpan.FromSeconds(Argument(2, 10)));
if (args is ["billing", ..])
{
    await BillingCost.MeasureAsync(rows: Argument(1, 10_000_000), TimeSpan.FromSeconds(Argument(2, 30)));
    return 0;
}
if (args is ["statistics", ..])
{
    await StatisticsCost.MeasureAsync(calls: Argument(1, 10_000_000));
    return 0;
}
var options = new CostOptions
{
    Calls = Argument(0, 50),
    Duration = TimeSpan.FromSeconds(Argument(1, 10)),
    Complexity = Argument(2, 5),
    Implementation = args is [.., "managed"] ? OpusImplementation.Managed : OpusImplementation.Native,
};
Console.WriteLine($"CPU per call-second, both directions: Opus {options.Bitrate / 1000} kbit/s with FEC <-> PCMU, 20 ms frames, complexity "
    + $"{options.Complexity}, {options.Implementation}, {options.Profile}, {options.Calls} calls, {options.Duration.TotalSeconds} s");
var bare = new BareCost(options).Measure();
Print("bare native calls", bare);
var bridge = await new BridgeCost(options).MeasureAsync();
Print("bridge", bridge.Cost);
Console.WriteLine($"  bridge / bare        {bridge.Cost.CpuMilliseconds / bare.CpuMilliseconds,6:F2} x");
Console.WriteLine($"Added one-way delay: p50 {bridge.DelayP50.TotalMilliseconds:F2} ms, p99 {bridge.DelayP99.TotalMilliseconds:F2} ms; "
    + $"over 20 ms {bridge.LateShare:P3}");
Console.WriteLine($"Managed allocation: {bridge.BytesPerPacket:F2} bytes a packet");
// More than everything: the load itself was held up, and the bridge filled the gaps with silence.
return bare.DeliveredShare > 0.99 && bridge.Cost.DeliveredShare is > 0.99 and < 1.01 ? 0 : 1;

int Argument(int index, int otherwise) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : otherwise;

static void Print(string what, CostResult result) =>
    Console.WriteLine($"  {what,-20} {result.CpuMilliseconds,6:F2} ms   (delivered {result.DeliveredShare:P1})");
