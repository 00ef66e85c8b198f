using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Interop.Bench;

namespace Interop;

/// <summary>Calls of a desk phone within the account's balance.</summary>
[Collection(InteropCollection.Name)]
public sealed class PaidCalls(BillingBench bench) : BenchTests(bench), IClassFixture<BillingBench>
{
    [Fact]
    public async Task A_balance_of_9_98_is_refused_and_10_00_is_enough()
    {
        await bench.Admin.OpenAccountAsync("paying", BillingBench.Paying, "9.98", minimum: "10.00", pricePerMinute: "0.60");
        await using var phone = await bench.PhoneAsync(BillingBench.Paying);
        var user = await bench.WhatsApp.UserAsync();

        Assert.StartsWith("402 ", await bench.DialRefusedAsync(phone, user), StringComparison.Ordinal);
        await bench.EndsWithAsync(user, "balance_too_low");
        var poor = await bench.Admin.GetAsync("accounts/paying");
        Assert.Equal(("9.98", true, "0.02"), (
            Text(poor, "balance"), poor.GetProperty("topUpNeeded").GetBoolean(), Text(poor.GetProperty("outbound"), "shortfall")));

        var caller = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), BillingBench.Paying, "");
        await bench.EndsWithAsync(caller, "balance_too_low");

        await bench.Admin.TopUpAsync("paying", "0.02");
        await bench.DialAsync(phone, user);
        var call = await bench.WhatsApp.IncomingAsync(user);
        await call.HearsAsync(phone.Options.ToneHertz);
        await BillingBench.CommandAsync(phone, "hangup");
        await bench.EndsWithAsync(call, "pbx_hung_up");

        var record = (await bench.Admin.GetAsync("calls?user=" + user)).GetProperty("items").EnumerateArray().First();
        var charge = record.GetProperty("charge");
        Assert.Equal(charge.GetProperty("pulses").GetInt32() * 0.01m, decimal.Parse(Text(charge, "amount")));
        var paid = await bench.Admin.GetAsync("accounts/paying");
        Assert.Equal((10m - decimal.Parse(Text(charge, "amount")), "0.00"), (decimal.Parse(Text(paid, "balance")), Text(paid, "held")));
    }

    [Fact]
    public async Task The_call_ends_when_the_money_does_and_the_agent_is_warned()
    {
        await bench.Admin.OpenAccountAsync("running", BillingBench.Running, "8.00", minimum: "0.00", pricePerMinute: "60.00");
        await using var phone = await bench.PhoneAsync(BillingBench.Running);
        var user = await bench.WhatsApp.UserAsync();

        await bench.DialAsync(phone, user);
        await BillingBench.SeesAsync(phone, "CALL_ESTABLISHED");
        var began = Stopwatch.GetTimestamp();
        var call = await bench.WhatsApp.IncomingAsync(user);
        await call.HearsAsync(phone.Options.ToneHertz);
        await BillingBench.SeesAsync(phone, "CALL_CLOSED");
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 7, 9); // 8 pulses of a second, and one at most beyond
        await bench.EndsWithAsync(call, "balance_exhausted");

        var record = (await bench.Admin.GetAsync("calls?user=" + user)).GetProperty("items").EnumerateArray().First();
        Assert.Equal(
            (8, "8.00"), (record.GetProperty("charge").GetProperty("pulses").GetInt32(), Text(record.GetProperty("charge"), "amount")));
        var account = await bench.Admin.GetAsync("accounts/running");
        Assert.Equal(("0.00", "0.00"), (Text(account, "balance"), Text(account, "held")));
        Assert.StartsWith("402 ", await bench.DialRefusedAsync(phone, user), StringComparison.Ordinal);
    }

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString()!;
}
