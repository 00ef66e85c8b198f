using Gateway.Calls.Rating;
using Gateway.Storage.Rating;
using static Fuzz.FuzzFailureException;

namespace Fuzz.Targets;

/// <summary>Reads a file of rates; what was read without an error is written, and read again.</summary>
public sealed class RatesCsvFuzzTarget : IFuzzTarget
{
    public string Name => "rates-csv";

    public void Run(ReadOnlySpan<byte> input)
    {
        var (lines, errors) = RateCsvReader.Read(new MemoryStream(input.ToArray()), "USD");
        Require(lines.Count + errors.Count > 0, "a file holds a rate or an error");
        Require(lines.All(line => line.Line > 1 && line.Terms.Errors().Count == 0), "a line that is read is valid");
        Require(errors.All(error => error.Line > 0 && error.Message.Length > 0), "an error has a line and a reason");
        if (errors.Count > 0)
            return;
        var text = new StringWriter();
        RateCsvWriter.Write(text, lines.Select(line => Rate(line.Terms)));
        var (again, none) = RateCsvReader.Read(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text.ToString())), "USD");
        Require(none.Count == 0 && again.Count == lines.Count, "what was read can be written and read again");
        Require(again.Zip(lines).All(pair => Same(pair.First.Terms, pair.Second.Terms)), "and says the same");
    }

    private static CardRate Rate(RateTerms terms) => new(
        new Rate(
            1, "card", terms.Direction, terms.Prefix, "USD", terms.PricePerMinute, terms.ConnectionFee,
            TimeSpan.FromSeconds(terms.PulseSeconds),
            TimeSpan.FromSeconds(terms.MinimumSeconds), terms.Tiers),
        terms.ValidFrom, terms.ValidUntil, 1);

    /// <summary>Times to the microsecond, which is what PostgreSQL has.</summary>
    private static bool Same(RateTerms one, RateTerms other) =>
        one.Tiers.SequenceEqual(other.Tiers) && Rounded(one) == Rounded(other);

    private static RateTerms Rounded(RateTerms terms) =>
        terms with { Tiers = [], ValidFrom = Rounded(terms.ValidFrom), ValidUntil = terms.ValidUntil is { } end ? Rounded(end) : null };

    private static DateTimeOffset Rounded(DateTimeOffset time) => new(time.Ticks / 10 * 10, time.Offset);
}
