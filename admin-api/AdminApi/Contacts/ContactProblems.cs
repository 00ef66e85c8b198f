using System.Globalization;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Storage.Commands;
using Media.Protocols.Primitives;

namespace AdminApi.Contacts;

/// <summary>The reasons why a user was not asked: each rule by its own name.</summary>
public static class ContactProblems
{
    public static readonly ProblemKind AlreadyPermanent = Kind(
        RequestRule.AlreadyPermanent, 409, "The user has permitted calls permanently");
    public static readonly ProblemKind DeclinedRecently = Kind(RequestRule.DeclinedRecently, 409, "The user declined recently");
    public static readonly ProblemKind DailyLimit = Kind(RequestRule.DailyLimit, 409, "The requests of 24 hours are used up");
    public static readonly ProblemKind WeeklyLimit = Kind(RequestRule.WeeklyLimit, 409, "The requests of 7 days are used up");
    public static readonly ProblemKind LimitAtMeta = Kind(RequestRule.LimitAtMeta, 409, "WhatsApp counts more requests than we do");
    public static readonly ProblemKind TemplateNeeded = Kind(
        RequestRule.TemplateNeeded, 422, "The window is closed and there is no template");
    public static readonly ProblemKind WhatsAppError = new(422, "whatsapp_error", "WhatsApp refused the request");

    private static readonly ProblemKind[] Rules =
        [AlreadyPermanent, DeclinedRecently, DailyLimit, WeeklyLimit, LimitAtMeta, TemplateNeeded, WhatsAppError];

    /// <summary>All errors that sending a request may answer with.</summary>
    public static ProblemKind[] OfRequests => [.. Rules, NodeProblems.Refused, NodeProblems.Unreachable];

    /// <summary>The answer, with `freeAt` as one of the errors where time lifts the rule.</summary>
    public static ProblemResult Of(CommandReply reply) =>
        Rules.FirstOrDefault(rule => reply.Outcome == CommandOutcome.Refused && rule.Code == reply.Code) is { } kind
        ? kind.Of(reply.Text ?? kind.Title, reply.FreeAt is { } at
        ? [new FieldError("freeAt", at.UtcDateTime.ToString("O", CultureInfo.InvariantCulture))] : null)
        : NodeProblems.Of(reply);

    private static ProblemKind Kind(RequestRule rule, int status, string title) => new(status, WireName.Of(rule), title);
}
