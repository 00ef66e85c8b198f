using Gateway.Storage.Accounts;

namespace AdminApi.Accounts;

/// <summary>Registers and maps the endpoints of accounts and their money.</summary>
public static class AccountsSetup
{
    public static void AddAccounts(this IServiceCollection services)
    {
        services.AddSingleton<AccountStore>();
        services.AddSingleton<LedgerStore>();
        services.AddSingleton<HoldList>();
        services.AddSingleton<StatementStore>();
    }

    public static void MapAccountsAndLedger(this IEndpointRouteBuilder api)
    {
        api.MapAccounts();
        api.MapLedger();
        api.MapStatements();
    }
}
