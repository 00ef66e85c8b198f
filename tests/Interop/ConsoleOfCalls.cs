using System.Collections.Concurrent;
using Gateway.Calls.Agents;
using Interop.Bench;
using Interop.Browser;
using Microsoft.Playwright;

namespace Interop;

/// <summary>
/// The console of a supervisor while users of the emulated WhatsApp call through two gateways: each page shows what they did.
/// </summary>
[Collection(InteropCollection.Name)]
public sealed class ConsoleOfCalls(BrowserBench bench) : BenchTests(bench), IClassFixture<BrowserBench>
{
    [Fact]
    public async Task Each_page_shows_what_calls_have_left()
    {
        await bench.SetAsync(BrowserBench.Ben, AgentPresence.Available);
        var answered = await bench.CallAsync("Ada Lovelace");
        await answered.HearsAsync(BrowserBench.BensHertz);
        await answered.HangUpAsync();
        await bench.RecordedAsync(answered.User, "whatsapp_hung_up");
        var missed = await bench.CallAsync("Li Wei", BrowserBench.Care);
        await missed.HearsMusicAsync();
        await missed.HangUpAsync();
        await bench.RecordedAsync(missed.User, "caller_gave_up");
        var waiting = await bench.CallAsync("Grace Hopper", BrowserBench.Care);
        await waiting.HearsMusicAsync();

        var record = (await bench.FirstOfAsync("calls?user=" + answered.User)).GetProperty("id").GetString();
        var contact = (await bench.FirstOfAsync("contacts?phone=" + answered.User)).GetProperty("id");
        var node = (await bench.FirstOfAsync("nodes")).GetProperty("id").GetString()!;
        await bench.FirstOfAsync("missed-calls?user=" + missed.User);
        var channel = BrowserBench.Support.PhoneNumberId;
        await using var console = await bench.SuperviseAsync();
        var faults = new ConcurrentQueue<string>();
        console.Page.PageError += (_, error) => faults.Enqueue(error);
        console.Page.Response += (_, answer) => Note(answer, faults);
        foreach (var (path, shown) in new[]
        {
            ("/", "Waits"), ("/team", "Anna"), ("/missed", missed.User), ("/voicemails", "No messages"), ("/contacts", "Ada Lovelace"),
            ($"/contacts/{contact}", "Ada Lovelace"), ("/calls", "User hung up"), ($"/calls/{record}", "User hung up"),
            ($"/traces/{await bench.IdOfAsync(waiting)}", "queue of group care"), ("/statistics?period=month", "Answer rate"),
            ("/accounts", "Accounts"), ("/rates", "Rates"), ("/channels", BrowserBench.Support.Number),
            ($"/channels/{channel}", BrowserBench.Support.Number), ("/flows", "Care"), ("/flows/sales", "Dry run"), ("/nodes", node),
            ("/keys", "Keys"), ("/audit", "agent.create"),
        })
        {
            await console.OpenAsync("/console" + path);
            await Assertions.Expect(console.Page.Locator("main")).ToContainTextAsync(shown);
            await Assertions.Expect(console.Page.Locator("main .fault")).ToHaveCountAsync(0);
        }
        Assert.Empty(faults);
        await waiting.HangUpAsync();
        await bench.EndsWithAsync(waiting, "caller_gave_up");
    }

    /// <summary>Of a call that went well no trace is kept.</summary>
    private static void Note(IResponse answer, ConcurrentQueue<string> faults)
    {
        if (answer.Status >= 400 && !(answer.Status == 404 && answer.Url.EndsWith("/trace", StringComparison.Ordinal)))
            faults.Enqueue($"{answer.Status} {answer.Url}");
    }
}
