using Faults.Facts;

namespace Faults.Judging;

/// <summary>At most one charge a call, each equal to its record's price, that by its rate, and the balance the sum of the ledger.</summary>
internal static class MoneyRules
{
    public const string Charge = "one charge", Exact = "money exact";

    private const int Decimals = 10;

    public static IEnumerable<Finding> Check(RunStory story)
    {
        var entries = story.Facts.OfType<Fact.Entered>().ToArray();
        var records = story.Facts.OfType<Fact.Recorded>().ToArray();
        return Charges(entries, records).Concat(records.SelectMany(Prices)).Concat(Balances(story, entries));
    }

    private static IEnumerable<Finding> Charges(IReadOnlyList<Fact.Entered> entries, IReadOnlyList<Fact.Recorded> records)
    {
        var charges = entries.Where(entry => entry.Kind == "charge").ToLookup(entry => entry.CallId!);
        foreach (var of in charges.Where(of => of.Count() > 1))
            yield return new Finding(Charge, of.Key, $"was charged {of.Count()} times");
        foreach (var of in charges.Where(of => records.All(record => record.Id != of.Key)))
            yield return new Finding(Charge, of.Key, "was charged without a record");
        foreach (var record in records)
        {
            var charged = -charges[record.Id].Sum(entry => entry.Amount);
            if (charged != (record.Bill?.Price ?? 0))
                yield return new Finding(Exact, record.Call, $"costs {record.Bill?.Price ?? 0} by its record, {charged} by the ledger");
        }
    }

    /// <summary>Worked out anew, by rules of its own.</summary>
    private static IEnumerable<Finding> Prices(Fact.Recorded record)
    {
        if (record.Cause is null)
            yield break;
        if (record.Talk is null != record.Bill is null)
        {
            yield return new Finding(
                Exact, record.Call, record.Bill is null ? "was answered and not billed" : "was billed and not answered");
            yield break;
        }
        if (record.Bill is not { } bill)
            yield break;
        var pulses = Math.Max(1, (int)Math.Ceiling(record.Talk!.Value.TotalSeconds / bill.PulseSeconds));
        if (bill.Pulses != pulses)
            yield return new Finding(Exact, record.Call, $"has {bill.Pulses} pulses of {bill.PulseSeconds} s for {record.Talk}");
        var price = bill.ConnectionFee
            + Math.Round(bill.PricePerMinute * bill.Pulses * bill.PulseSeconds / 60, Decimals, MidpointRounding.ToZero);
        if (bill.Price != price)
            yield return new Finding(Exact, record.Call, $"costs {bill.Price}, and {price} by its rate");
    }

    private static IEnumerable<Finding> Balances(RunStory story, IReadOnlyList<Fact.Entered> entries)
    {
        foreach (var account in story.Facts.OfType<Fact.Balanced>())
        {
            if (account.Balance != entries.Sum(entry => entry.Amount))
                yield return new Finding(Exact, "account", $"has {account.Balance}, its ledger {entries.Sum(entry => entry.Amount)}");
            if (account.Held != 0)
                yield return new Finding(Exact, "account", $"{account.Held} is held for calls that are over");
        }
    }
}
