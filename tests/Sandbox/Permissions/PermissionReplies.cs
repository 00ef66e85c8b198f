using Sandbox.Numbers;
using Sandbox.Users;
using Sandbox.Webhooks;

namespace Sandbox.Permissions;

/// <summary>A user's decisions about being called, and the webhooks that announce them.</summary>
public sealed class PermissionReplies(PermissionStore book, WebhookBodies bodies, WebhookSender webhooks)
{
    /// <summary>Gives the user's automatic answer to a request.</summary>
    public void ReplyByHabit(BusinessNumber number, SandboxUser user)
    {
        if (user.Permission != PermissionMode.Ignore)
            Reply(number, user, user.Permission != PermissionMode.Reject, user.Permission == PermissionMode.AcceptPermanently);
    }

    /// <summary>Answers the last request, or (without one) changes the setting in the business's profile.</summary>
    public void Reply(BusinessNumber number, SandboxUser user, bool accepted, bool permanent)
    {
        DateTimeOffset? expires = null;
        if (accepted)
            expires = book.Grant(number, user, permanent);
        else
            book.Revoke(number, user);
        var context = book.With(number, user, (entry, _) => entry.LastRequestId);
        webhooks.Send(number, user.Phone, bodies.PermissionReply(
            number, user, accepted, permanent, expires, "user_action", context), null, "permission");
    }
}
