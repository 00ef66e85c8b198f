using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Sip.Profiles;
using Media.Protocols.Sdp;

namespace Gateway.Sip.Tests.Profiles;

public sealed class SipProfileTests
{
    private static readonly string Directory = Path.Combine(AppContext.BaseDirectory, "sip-profiles");
    private static readonly string Generic = File.ReadAllText(Path.Combine(Directory, "generic.yaml"));

    [Fact]
    public void The_shipped_profiles_load_and_every_value_has_a_reason()
    {
        Assert.True(SipProfileSet.TryLoad(Directory, out var profiles, out var errors), string.Join('\n', errors));
        Assert.Equal(
            ["3cx", "asterisk", "avaya", "cisco-cucm", "freeswitch", "generic", "genesys", "phones"],
            profiles.Names.Order(StringComparer.Ordinal));
        foreach (var name in profiles.Names)
            Assert.Equal(SipQuirk.All.Select(quirk => quirk.Name).Order(), profiles.Find(name)!.Whys.Keys.Order());
    }

    [Fact]
    public void A_profile_takes_from_generic_what_it_does_not_name()
    {
        Assert.True(SipProfileSet.TryLoad(Directory, out var profiles, out _));
        var generic = profiles.Find("generic")!;
        var avaya = profiles.Find("Avaya")!;
        Assert.Equal("avaya", avaya.Name);
        Assert.Equal((generic.Ptime, generic.MaxForwards, generic.IdentityHeader), (avaya.Ptime, avaya.MaxForwards, avaya.IdentityHeader));
        Assert.Equal((RefreshMethod.Update, 3600), (avaya.SessionRefreshMethod, avaya.SessionExpires));
        Assert.Equal((RefreshMethod.ReInvite, 1800), (generic.SessionRefreshMethod, generic.SessionExpires));
        Assert.Equal([AudioCodec.Pcmu, AudioCodec.Pcma, AudioCodec.G722], profiles.Find("genesys")!.Codecs);
        Assert.Null(profiles.Find("nortel"));
    }

    [Fact]
    public void All_errors_are_reported_at_once_with_their_places()
    {
        const string text =
            """
            description: broken
            colour: red
            quirks:
              ptime: { value: 25, why: because }
              dtmf: { value: RFC2833, why: because }
              codecs: { value: [pcma, pcma], why: because }
              user_phone: { value: yes, why: because }
              min_se: { value: 89, why: because }
              offer: { value: early }
              replaces: { value: true, why: " ", since: 1.2 }
              auto_answer: { value: ["Alert-Info: Auto Answer", "no header"], why: because }
              telepathy: { value: true, why: because }
            """;
        Assert.False(
            SipProfileSet.TryRead(new Dictionary<string, string> { ["generic"] = Generic, ["odd"] = text }, out _, out var errors));
        Assert.Equal(
        [
            "odd.yaml:2: colour: only \"description\" (text) and \"quirks\" (a map) are known here",
            "odd.yaml:4: quirks.ptime.value: has to be one of 10, 20, 30, 40, 60",
            "odd.yaml:5: quirks.dtmf.value: has to be one of rfc4733, info, both, inband",
            "odd.yaml:6: quirks.codecs.value: has to be a list without repetition, each one of pcmu, pcma, g722, opus",
            "odd.yaml:7: quirks.user_phone.value: has to be true or false",
            "odd.yaml:8: quirks.min_se.value: has to be a number from 90 to 86400",
            "odd.yaml:9: quirks.offer.why: say why",
            "odd.yaml:10: quirks.replaces.since: only \"value\" and \"why\" are known here",
            "odd.yaml:10: quirks.replaces.why: say why",
            "odd.yaml:11: quirks.auto_answer.value: has to be a list without repetition, each a header as \"Name: value\"",
            "odd.yaml:12: quirks.telepathy: there is no such quirk",
        ], errors);
    }

    [Theory]
    [InlineData("")]
    [InlineData("- a list")]
    [InlineData("quirks: {ptime: [")]
    [InlineData("quirks: 7")]
    [InlineData("quirks: {ptime: 20}")]
    [InlineData("quirks: {ptime: {value: 20, why: x}, ptime: {value: 20, why: x}}")]
    [InlineData("quirks: {ptime: {value: [20], why: x}}")]
    [InlineData("quirks: {codecs: {value: pcma, why: x}}")]
    [InlineData("quirks: {codecs: {value: [], why: x}}")]
    public void A_text_that_is_no_profile_is_an_error_not_an_exception(string text)
    {
        Assert.False(
            SipProfileSet.TryRead(new Dictionary<string, string> { ["generic"] = Generic, ["odd"] = text }, out _, out var errors));
        Assert.All(errors, error => Assert.StartsWith("odd.yaml", error, StringComparison.Ordinal));
    }

    [Fact]
    public void Generic_has_to_name_every_quirk()
    {
        Assert.False(SipProfileSet.TryRead(
            new Dictionary<string, string> { ["generic"] = "quirks: {ptime: {value: 20, why: x}}" }, out _, out var errors));
        Assert.Equal(SipQuirk.All.Count - 1, errors.Count);
        Assert.False(SipProfileSet.TryRead(new Dictionary<string, string>(), out _, out _));
        Assert.False(SipProfileSet.TryLoad("/nonexistent", out _, out _));
    }

    [Fact]
    public void The_schema_says_what_the_record_says()
    {
        var schema = JsonNode.Parse(File.ReadAllText(Path.Combine(Directory, "schema.json")))!;
        Assert.False((bool)schema["additionalProperties"]!);
        Assert.Equal(["description", "quirks"], schema["properties"]!.AsObject().Select(property => property.Key));
        var quirks = schema["properties"]!["quirks"]!;
        Assert.False((bool)quirks["additionalProperties"]!);
        var properties = quirks["properties"]!.AsObject();
        Assert.Equal(SipQuirk.All.Select(quirk => quirk.Name), properties.Select(property => property.Key));
        foreach (var quirk in SipQuirk.All)
        {
            var entry = properties[quirk.Name]!;
            Assert.False((bool)entry["additionalProperties"]!);
            Assert.Equal(["value", "why"], entry["required"]!.AsArray().Select(name => (string)name!));
            Assert.Equal("#/$defs/why", (string)entry["properties"]!["why"]!["$ref"]!);
            Assert.True(
                JsonNode.DeepEquals(SchemaOf(quirk), entry["properties"]!["value"]), $"{quirk.Name}: {SchemaOf(quirk).ToJsonString()}");
        }
    }

    private static JsonObject SchemaOf(SipQuirk quirk)
    {
        var one = quirk.ValueType == typeof(bool) ? new JsonObject { ["type"] = "boolean" }
            : quirk.ValueType == typeof(string) ? new JsonObject { ["type"] = "string" }
            : quirk.Words.Count > 0 ? new JsonObject { ["enum"] = JsonSerializer.SerializeToNode(quirk.Words) }
            : quirk.Numbers.Count > 0 ? new JsonObject { ["enum"] = JsonSerializer.SerializeToNode(quirk.Numbers) }
            : new JsonObject { ["type"] = "integer", ["minimum"] = (int)quirk.Range!.Minimum, ["maximum"] = (int)quirk.Range.Maximum };
        return quirk.IsList ? new JsonObject { ["type"] = "array", ["minItems"] = 1, ["uniqueItems"] = true, ["items"] = one } : one;
    }
}
