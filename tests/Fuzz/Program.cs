using System.Diagnostics;
using System.Globalization;
using Fuzz;

// dotnet run --project tests/Fuzz -- <target> <seconds> [seed]
if (args.Length is < 2 or > 3
    || FuzzTargets.Find(args[0]) is not { } target
    || !double.TryParse(args[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
{
    Console.Error.WriteLine("usage: fuzz <target> <seconds> [seed]");
    Console.Error.WriteLine("targets: " + string.Join(' ', FuzzTargets.All.Select(t => t.Name)));
    return 2;
}
var seed = args.Length == 3 ? int.Parse(args[2], CultureInfo.InvariantCulture) : Environment.TickCount;
var mutator = new Mutator(seed, [.. Corpus.Load(target.Name).Select(entry => entry.Bytes)]);
var clock = Stopwatch.StartNew();
long runs = 0;
while (clock.Elapsed.TotalSeconds < seconds)
{
    var input = mutator.Next();
    runs++;
    try
    {
        target.Run(input);
    }
    catch (Exception failure)
    {
        var folder = Corpus.Folder("Crashes", target.Name);
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, $"{failure.GetType().Name}-{seed}-{runs}.bin");
        File.WriteAllBytes(file, input);
        Console.Error.WriteLine($"{target.Name}: input {runs} of seed {seed} failed, kept as {file}\n{failure}");
        return 1;
    }
}
Console.WriteLine($"{target.Name}: {runs} inputs in {clock.Elapsed.TotalSeconds:F1} s, seed {seed}, no failure");
return 0;
