using Gateway.Calls.Agents;
using Interop.Bench;
using Interop.Browser;
using Microsoft.Playwright;

namespace Interop;

/// <summary>
/// One call at several places: two browsers, a second tab of one, the desk phone, and an operator who gives it to somebody else.
/// </summary>
[Collection(InteropCollection.Name)]
public sealed class BrowserPhoneRaces(BrowserBench bench) : BenchTests(bench), IClassFixture<BrowserBench>
{
    private const int Times = 3;

    [Fact]
    public async Task Of_all_who_accept_at_once_one_has_the_call_and_the_others_say_who()
    {
        await using var first = await bench.EnterAsync();
        var tab = await first.TabAsync("/team");
        await using var second = await bench.EnterAsync();
        for (var time = 0; time < Times; time++)
        {
            foreach (var agent in new[] { BrowserBench.Anna, BrowserBench.Ben })
                await bench.SetAsync(agent, AgentPresence.Available);
            var call = await bench.CallAsync("Ada");
            foreach (var page in new[] { first, tab, second })
                await Assertions.Expect(page.Card).ToBeVisibleAsync();
            await bench.SeesAsync(BrowserBench.Anna, "CALL_INCOMING");
            var assigned = $"calls/{await bench.IdOfAsync(call)}/assign";

            await Task.WhenAll(
                first.TryAcceptAsync(), tab.TryAcceptAsync(), second.TryAcceptAsync(), bench.CommandAsync(BrowserBench.Anna, "accept"),
                bench.Admin.TryPostAsync(assigned, new { agent = BrowserBench.Ben }));

            await HasOneAsync(call, first, second);
            await call.HangUpAsync();
            await bench.EndsWithAsync(call, "whatsapp_hung_up");
            foreach (var page in new[] { first, second })
                await Assertions.Expect(page.Last).ToBeVisibleAsync();
        }
    }

    /// <summary>The user hears one place, which has the call; at the others it is said whose that is.</summary>
    private static async Task HasOneAsync(UserCall call, AgentPage first, AgentPage second)
    {
        double[] voices = [AgentBrowser.Hertz, BrowserBench.AnnasHertz, BrowserBench.BensHertz];
        var seen = await call.UntilAsync(
            view => view.Report is { } report && Array.Exists(voices, voice => UserCall.IsTone(report, voice)), "the user hears somebody");
        var voice = Array.Find(voices, one => UserCall.IsTone(seen.Report!, one));
        var winner = voice == AgentBrowser.Hertz ? await TalkingAsync(first, second) : null;
        foreach (var page in new[] { first, second }.Where(page => page != winner))
            await Assertions.Expect(page.Last).ToContainTextAsync(
                voice == BrowserBench.BensHertz ? "Answered by Ben" : "Answered at another phone of yours");
        if (winner is not null)
            await winner.HearsAsync(UserCall.Hertz);
    }

    private static async Task<AgentPage> TalkingAsync(params AgentPage[] pages)
    {
        AgentPage? talking = null;
        await Eventually.SeeAsync(async () =>
        {
            var talks = await Task.WhenAll(pages.Select(page => page.IsTalkingAsync()));
            talking = talks.Count(talks => talks) == 1 ? pages[Array.IndexOf(talks, true)] : null;
            return talking is not null;
        }, "one browser talks");
        return talking!;
    }
}
