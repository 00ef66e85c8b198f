using AdminApi.Contacts;
using AdminApi.Platform;
using AdminApi.Tests.Kit;
using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Storage.Commands;
using Media.Protocols.Primitives;

namespace AdminApi.Tests.Operations;

public sealed class ContactCases : IOperationCases
{
    private static readonly PermissionLimits Limits = new();

    public void Describe(CaseTable cases)
    {
        cases.For("listContacts").Succeeds(200, async api =>
        {
            var contact = await ContactSamples.ContactAsync(api);
            return api.Get(
                $"/v1/contacts?channel={contact.Channel}&phone={contact.User.Phone}&userId={contact.User.UserId}&permission=none&limit=1");
        });
        cases.For("getContact")
            .Succeeds(200, async api =>
            {
                var contact = await ContactSamples.ContactAsync(
                    api, known => known.Granted(DateTimeOffset.UtcNow, null, false, PermissionDecider.User, Limits));
                return api.Get($"/v1/contacts/{contact.Id}");
            })
            .Fails(Problems.NotFound, api => api.Get("/v1/contacts/0"));
        cases.For("listContactEvents")
            .Succeeds(200, async api =>
            {
                var contact = await ContactSamples.ContactAsync(api, known => known.WindowOpened(DateTimeOffset.UtcNow, Limits));
                return api.Get($"/v1/contacts/{contact.Id}/events");
            })
            .Fails(Problems.NotFound, api => api.Get("/v1/contacts/0/events"));
        cases.For("refreshContact")
            .Succeeds(200, api => RefreshAsync(api, CommandReply.Done))
            .Fails(NodeProblems.Refused, api => RefreshAsync(api, CommandReply.Refused(HangupCause.WhatsAppFailed)))
            .Fails(NodeProblems.Unreachable, api => RefreshAsync(api, null))
            .Fails(Problems.NotFound, api => api.Post("/v1/contacts/0/refresh"));
        cases.For("revokePermission")
            .Succeeds(200, async api =>
                api.Post($"/v1/contacts/{(await ContactSamples.ContactAsync(api)).Id}/revoke", new { reason = "asked by phone" }))
            .Fails(Problems.InvalidRequest, async api =>
                api.Post($"/v1/contacts/{(await ContactSamples.ContactAsync(api)).Id}/revoke", new { reason = new string('x', 501) }))
            .Fails(Problems.NotFound, api => api.Post("/v1/contacts/0/revoke", new { }));

        var ask = cases.For("requestPermission")
            .Succeeds(202, api => AskAsync(api, CommandReply.Done))
            .Fails(Problems.InvalidRequest, api => api.Post("/v1/permission-requests", new { channel = "none", user = "0" }))
            .Fails(NodeProblems.Refused, api => AskAsync(api, CommandReply.Refused(HangupCause.Draining)))
            .Fails(NodeProblems.Unreachable, api => AskAsync(api, null))
            .Fails(ContactProblems.WhatsAppError, api =>
                AskAsync(api, new CommandReply(CommandOutcome.Refused, "whatsapp_error", "131026: too old")));
        foreach (var rule in Enum.GetValues<RequestRule>())
            ask.Fails(
                ContactProblems.OfRequests.Single(kind => kind.Code == WireName.Of(rule)),
                api => AskAsync(
                    api, new CommandReply(CommandOutcome.Refused, WireName.Of(rule), "Not now.", DateTimeOffset.UtcNow.AddHours(1))));
    }

    private static async Task<HttpRequestMessage> RefreshAsync(ApiFixture api, CommandReply? reply)
    {
        await ContactSamples.NodeAsync(api, reply);
        return api.Post($"/v1/contacts/{(await ContactSamples.ContactAsync(api)).Id}/refresh");
    }

    private static async Task<HttpRequestMessage> AskAsync(ApiFixture api, CommandReply? reply)
    {
        await ContactSamples.NodeAsync(api, reply);
        var contact = await ContactSamples.ContactAsync(api);
        return api.Post("/v1/permission-requests", new { channel = contact.Channel.Value, user = contact.User.Phone });
    }
}
