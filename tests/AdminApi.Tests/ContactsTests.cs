using System.Text.Json;
using AdminApi.Tests.Kit;
using Dapper;
using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Storage.Contacts;
using Media.Protocols.Primitives;

namespace AdminApi.Tests;

[Collection(ApiCollection.Name)]
public sealed class ContactsTests(ApiFixture api)
{
    private static readonly PermissionLimits Limits = new();
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

    [Fact]
    public async Task The_list_filters_by_the_state_as_of_now_as_the_rules_see_it()
    {
        var channel = await ChannelSamples.ChannelAsync(api);
        Func<ContactPermission, ContactPermission>[] histories =
        [
            same => same,
            known => Granted(known, _now, 72), known => Granted(known, _now.AddHours(-80), 72), known => Granted(known, _now, null),
            known => known.Declined(_now.AddHours(-1)), known => known.Revoked(_now.AddHours(-1), PermissionDecider.User),
        ];
        foreach (var history in histories)
        {
            await ContactSamples.ContactAsync(api, history, channel);
            foreach (var asked in new[] { -0.5, -2.0, -200.0 }) // since the decision, before it, too long ago
                await AskedAsync(await ContactSamples.ContactAsync(api, history, channel), asked);
        }

        var all = await ListAsync($"channel={channel}&limit=500");
        Assert.Equal(histories.Length * 4, all.Count);
        foreach (var state in Enum.GetValues<PermissionState>())
        {
            var name = WireName.Of(state);
            var expected = all.Where(contact => contact.GetProperty("permission").GetString() == name).Select(Id).ToArray();
            Assert.Equal(expected, (await ListAsync($"channel={channel}&permission={name}&limit=500")).Select(Id));
            Assert.NotEmpty(expected);
        }
    }

    [Fact]
    public async Task A_contact_says_whether_another_request_may_be_sent_and_when()
    {
        var contact = await ContactSamples.ContactAsync(api);
        var fresh = (await api.ReadAsync(api.Get($"/v1/contacts/{contact.Id}"))).GetProperty("nextRequest");
        Assert.Equal((false, "template_needed"), (fresh.GetProperty("isAllowed").GetBoolean(), fresh.GetProperty("rule").GetString()));
        Assert.Contains("template", fresh.GetProperty("text").GetString(), StringComparison.Ordinal);

        await AskedAsync(contact, -1);
        var asked = await api.ReadAsync(api.Get($"/v1/contacts/{contact.Id}"));
        Assert.Equal("requested", asked.GetProperty("contact").GetProperty("permission").GetString());
        var next = asked.GetProperty("nextRequest");
        Assert.Equal("daily_limit", next.GetProperty("rule").GetString());
        Assert.InRange(next.GetProperty("freeAt").GetDateTimeOffset(), _now.AddHours(22.9), _now.AddHours(23.1));
        Assert.Single(next.GetProperty("counted").EnumerateArray());
        Assert.Equal("sent", asked.GetProperty("requests")[0].GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_revoked_permission_is_revoked_at_once_with_event_and_audit_entry()
    {
        var contact = await ContactSamples.ContactAsync(api, known => Granted(known, _now, null));
        var view = await api.ReadAsync(api.Post($"/v1/contacts/{contact.Id}/revoke", new { reason = "asked by phone" }));
        Assert.Equal(("revoked", "operator"), (view.GetProperty("permission").GetString(), view.GetProperty("decidedBy").GetString()));

        var events = (await api.ReadAsync(api.Get($"/v1/contacts/{contact.Id}/events"))).GetProperty("items").EnumerateArray();
        Assert.Equal(["permission.revoked", "permission.granted"], events.Select(e => e.GetProperty("kind").GetString()));
        var audit = (await api.ReadAsync(api.Get($"/v1/audit?subject=contact:{contact.Id}"))).GetProperty("items")[0];
        Assert.Equal("asked by phone", audit.GetProperty("after").GetProperty("reason").GetString());
    }

    [Fact]
    public async Task The_timeline_of_two_who_were_one_has_the_events_of_both()
    {
        var channel = await ChannelSamples.ChannelAsync(api);
        var phone = new WhatsAppUser("447700900123");
        var id = new WhatsAppUser(null, "GB.700900123");
        var both = new WhatsAppUser(phone.Phone, id.UserId);
        var contacts = api.Get<ContactStore>();
        var of = new ChannelId(channel);
        await contacts.ApplyAsync(of, phone, _now, known => Granted(known, _now, null), null, CancellationToken.None);
        var former = await contacts.ApplyAsync(of, id, _now, known => known.WindowOpened(_now, Limits), null, CancellationToken.None);
        await contacts.ApplyAsync(of, both, _now, same => same, null, CancellationToken.None);

        var events = (await api.ReadAsync(api.Get($"/v1/contacts/{former.Id}/events"))).GetProperty("items").EnumerateArray();
        Assert.Equal(["window.opened", "permission.granted"], events.Select(e => e.GetProperty("kind").GetString()));
    }

    private static ContactPermission Granted(ContactPermission known, DateTimeOffset at, double? hours) =>
        known.Granted(at, hours is { } count ? at.AddHours(count) : null, hours is null, PermissionDecider.User, Limits);

    private static long Id(JsonElement contact) => contact.GetProperty("id").GetInt64();

    private async Task<List<JsonElement>> ListAsync(string query) =>
        [.. (await api.ReadAsync(api.Get("/v1/contacts?" + query))).GetProperty("items").EnumerateArray()];

    private async Task AskedAsync(Contact contact, double hours)
    {
        await using var connection = await api.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            "INSERT INTO permission_requests (contact, requested_at, requested_by, state) VALUES (@id, @at, 'key:test', 'sent')",
            new { id = contact.Id, at = _now.AddHours(hours).UtcDateTime });
    }
}
