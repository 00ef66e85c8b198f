using System.Globalization;
using Load.Streams;

namespace Load.Stages;

/// <summary>Writes what each stage takes of a call, as a table of Markdown.</summary>
internal static class StageTable
{
    /// <param name="samples">Of the gateway.</param>
    /// <param name="perCall">Its CPU in ms a call.</param>
    /// <param name="setUps">The calls meanwhile.</param>
    public static string Write(IReadOnlyList<Sample> samples, double perCall, SetUps setUps)
    {
        var found = samples.ToLookup(StageRules.StageOf);
        var lines = new List<string>
        {
            string.Create(CultureInfo.InvariantCulture,
                $"{perCall:0.0} ms of CPU a call of a second, {setUps.Measured} calls, {samples.Count} samples"),
            "| stage | ms a call | of these in the kernel | share |",
            "| --- | --- | --- | --- |",
        };
        lines.AddRange(StageRules.Stages.Where(stage => found[stage].Any()).Select(stage => string.Create(
            CultureInfo.InvariantCulture,
            $"| {stage} | {Share(found[stage].Count()) * perCall:0.00} | {Share(found[stage].Count(one => one.IsKernel)) * perCall:0.00} "
            + $"| {Share(found[stage].Count()):P0} |")));
        var setUp = samples.Count(one => !StageRules.IsOutsideSetUp(StageRules.StageOf(one)));
        lines.Add(string.Create(CultureInfo.InvariantCulture,
            $"without the talk, the loops' waking for it and the compiler: {Share(setUp) * perCall:0.0} ms"));
        var traced = samples.Count(sample => StageRules.IsFor(StageRules.Traces, sample));
        lines.Add(string.Create(CultureInfo.InvariantCulture,
            $"in all of these for traces of calls: {Share(traced) * perCall:0.00} ms, {Share(traced):P1}"));
        return string.Join('\n', lines);

        double Share(int count) => count / (double)Math.Max(1, samples.Count);
    }
}
