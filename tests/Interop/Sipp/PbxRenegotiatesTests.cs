using System.Text.RegularExpressions;
using Interop.Bench;

namespace Interop.Sipp;

/// <summary>Changes by the PBX in a running call stay on its leg: nothing reaches WhatsApp.</summary>
[Collection(InteropCollection.Name)]
public sealed partial class PbxRenegotiatesTests(SippBench bench) : IClassFixture<SippBench>
{
    [Fact]
    public async Task Hold_in_all_its_forms_and_resume_by_re_INVITE()
    {
        var trace = await RunAsync("pbx-holds", last: ("200", "INVITE", 4));
        AssertOneSession(trace, "INVITE", 4);
    }

    [Fact]
    public async Task Hold_and_resume_by_UPDATE()
    {
        var trace = await RunAsync("pbx-updates", last: ("200", "UPDATE", 3));
        AssertOneSession(trace, "UPDATE", 3);
        Assert.Equal("", trace.Gateway("200", "UPDATE")[1].Body); // nothing was offered, nothing is answered
    }

    [Fact]
    public async Task Another_codec_is_taken_and_an_unknown_one_changes_nothing()
    {
        var trace = await RunAsync("pbx-changes-codec", last: ("488", "INVITE", 1));
        Assert.Contains("PCMA", trace.Gateway("200", "INVITE")[0].Body);
    }

    [Fact]
    public async Task Questions_in_the_middle_of_a_call_are_answered() => await RunAsync("pbx-asks-around", last: ("200", "INFO", 1));

    [Fact]
    public async Task A_re_INVITE_without_offer_gets_ours() => await RunAsync("pbx-asks-for-offer", last: ("200", "INVITE", 1));

    [Fact]
    public async Task The_PBX_may_be_the_one_that_refreshes_the_session() => await RunAsync("pbx-refreshes", last: ("200", "UPDATE", 1));

    [Fact]
    public async Task A_session_that_is_too_short_for_the_PBX_is_asked_for_again()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Plain, "pbx-wants-longer-session");
        var call = await bench.UserCallsAsync(SippBench.Plain);
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Fact]
    public async Task A_session_that_the_PBX_forgets_to_refresh_ends()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Plain, "pbx-forgets-refresh");
        var call = await bench.UserCallsAsync(SippBench.Plain);
        var trace = await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "session_expired");
        Assert.Contains("cause=408", trace.Gateway("BYE").Single()["Reason"]);
    }

    [Fact]
    public async Task Our_refresh_that_meets_491_comes_again()
    {
        var trace = await RunAsync("pbx-refuses-refresh", last: ("ACK", "ACK", 3));
        var sequences = trace.Gateway("INVITE").Select(invite => invite["CSeq"]).Distinct();
        Assert.Equal(["1 INVITE", "2 INVITE", "3 INVITE"], sequences);
        // a refresh changes nothing, its version included
        Assert.All(trace.Gateway("INVITE"), invite => Assert.Equal(trace.Gateway("INVITE")[0].Body, invite.Body));
    }

    [Fact]
    public async Task Our_refresh_that_meets_a_busy_PBX_comes_again_when_it_says()
    {
        var trace = await RunAsync("pbx-is-busy-at-refresh", last: ("ACK", "ACK", 3));
        Assert.Equal(["1 INVITE", "2 INVITE", "3 INVITE"], trace.Gateway("INVITE").Select(invite => invite["CSeq"]).Distinct());
    }

    [Fact]
    public async Task Glare_on_both_sides_ends_with_both_re_INVITEs_done() => await RunAsync("pbx-glares", last: ("200", "INVITE", 2));

    /// <summary>
    /// A call that survives the scenario up to its last message from the gateway, is heard after it, and is hung up by the user.
    /// </summary>
    private async Task<SippTrace> RunAsync(string scenario, (string Kind, string Method, int Count) last)
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Plain, scenario);
        var call = await bench.UserCallsAsync(SippBench.Plain);
        await call.HearsAsync(UserCall.Hertz);
        await pbx.GetsAsync(last.Kind, last.Method, last.Count);
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        var trace = await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
        return trace;
    }

    /// <summary>RFC 3264 §8: one session id in all our descriptions, and a version that grows with each change.</summary>
    private static void AssertOneSession(SippTrace trace, string method, int count)
    {
        var answers = trace.Gateway("200", method).Where(answer => answer.Body.Length > 0).ToList();
        var origins = answers.Prepend(trace.Gateway("INVITE")[0]).Select(message => Origin().Match(message.Body)).ToList();
        Assert.Single(origins.Select(origin => origin.Groups["id"].Value).Distinct());
        var versions = origins.Select(origin => ulong.Parse(origin.Groups["version"].Value)).ToList();
        Assert.Equal(versions.Order(), versions);
        Assert.True(versions[^1] > versions[0]);
        Assert.Equal(count, trace.Gateway("200", method).Count);
    }

    [GeneratedRegex(@"^o=\S+ (?<id>\d+) (?<version>\d+) ", RegexOptions.Multiline)]
    private static partial Regex Origin();
}
