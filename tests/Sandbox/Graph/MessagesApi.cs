using System.Text.Json.Nodes;
using Sandbox.Calls;
using Sandbox.Permissions;
using Sandbox.Users;

namespace Sandbox.Graph;

/// <summary>POST messages: permission requests, free-form and by template, and plain text within the service window.</summary>
public sealed class MessagesApi(
    SandboxOptions options, PermissionStore book, PermissionReplies replies, UserStore users, MessageLog log, TimeProvider time)
{
    public Task<GraphAnswer> Post(GraphRequest request) => Task.FromResult(Send(request));

    private GraphAnswer Send(GraphRequest request)
    {
        if (request.Text("messaging_product") != "whatsapp")
            return GraphFault.Invalid("messaging_product must be whatsapp");
        var handle = request.Text("to") ?? request.Text("recipient");
        if (users.Find(handle) is not { } user)
            return new GraphFault(400, 131026, "Message undeliverable", "The recipient is not on WhatsApp");
        return request.Text("type") switch
        {
            "text" => Text(request, user),
            "interactive" when request.Text("interactive", "type") == "call_permission_request" => Ask(request, user, freeForm: true),
            "template" => Template(request, user),
            var other => GraphFault.Invalid($"type \"{other}\" is not known here"),
        };
    }

    private GraphAnswer Text(GraphRequest request, SandboxUser user)
    {
        if (request.Text("text", "body") is not { Length: > 0 and <= 4096 } text)
            return GraphFault.Invalid("text.body is needed, up to 4096 characters");
        return book.With(request.Number, user, (entry, now) => entry.WindowUntil <= now)
            ? GraphFault.WindowClosed : Sent(request, user, "text", text);
    }

    private GraphAnswer Template(GraphRequest request, SandboxUser user)
    {
        var name = request.Text("template", "name");
        if (name is null || request.Text("template", "language", "code") is null)
            return GraphFault.Invalid("template.name and template.language.code are needed");
        return options.PermissionTemplates.Contains(name)
            ? Ask(request, user, freeForm: false)
            : new GraphFault(404, 132001, "Template name does not exist in the translation");
    }

    private GraphAnswer Ask(GraphRequest request, SandboxUser user, bool freeForm)
    {
        if (freeForm && request.Text("interactive", "action", "name") != "call_permission_request")
            return GraphFault.Invalid("interactive.action.name must be call_permission_request");
        if (request.Number.IsOutboundRestricted(time.GetUtcNow()))
            return GraphFault.Restricted;
        if (book.CheckRequest(request.Number, user, freeForm) is { } fault)
            return fault;
        var answer = Sent(request, user, "permission_request", request.Text("interactive", "body", "text") ?? "");
        var id = (string)answer.Body!["messages"]![0]!["id"]!;
        book.RecordRequest(request.Number, user, id);
        return answer with
        {
            Afterwards = () =>
            {
                replies.ReplyByHabit(request.Number, user);
                return Task.CompletedTask;
            },
        };
    }

    private GraphAnswer Sent(GraphRequest request, SandboxUser user, string kind, string text)
    {
        var id = CallIds.NewMessage(user.Phone);
        log.Add(new SentMessage(request.Number.PhoneNumberId, user.Phone, id, kind, text));
        return new GraphAnswer(null, new JsonObject
        {
            ["messaging_product"] = "whatsapp",
            ["contacts"] = new JsonArray(
                new JsonObject { ["input"] = request.Text("to") ?? request.Text("recipient"), ["wa_id"] = user.Phone }),
            ["messages"] = new JsonArray(new JsonObject { ["id"] = id }),
        });
    }
}

/// <summary>A message of the business to a user.</summary>
public sealed record SentMessage(string PhoneNumberId, string UserPhone, string Id, string Kind, string Text);

/// <summary>The newest messages of the business, for tests to inspect.</summary>
public sealed class MessageLog
{
    private const int MaxKept = 1000;

    private readonly Lock _gate = new();
    private readonly Queue<SentMessage> _messages = [];

    public void Add(SentMessage message)
    {
        lock (_gate)
        {
            _messages.Enqueue(message);
            if (_messages.Count > MaxKept)
                _messages.Dequeue();
        }
    }

    public IReadOnlyList<SentMessage> All()
    {
        lock (_gate)
            return [.. _messages];
    }
}
