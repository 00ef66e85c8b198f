using Npgsql;

namespace Testing;

/// <summary>Users of a private PostgreSQL who need a password, which its other users do not.</summary>
public static class PostgresPasswords
{
    /// <summary>Creates a user whose connections are asked for this password.</summary>
    /// <param name="owner">A superuser.</param>
    /// <param name="user">The name.</param>
    /// <param name="password">The password.</param>
    /// <param name="role">A role that the user is in.</param>
    public static async Task RequireAsync(NpgsqlDataSource owner, string user, string password, string? role = null)
    {
        await RunAsync(owner, $"CREATE ROLE {user} LOGIN PASSWORD '{password}'" + (role is null ? "" : $" IN ROLE {role}"));
        var path = (string)(await RunAsync(owner, "SHOW hba_file"))!;
        await File.WriteAllTextAsync(
            path, $"host all {user} 127.0.0.1/32 scram-sha-256\n{await File.ReadAllTextAsync(path)}"); // the first line that fits counts
        await RunAsync(owner, "SELECT pg_reload_conf()");
        var wrong = new NpgsqlConnectionStringBuilder(owner.ConnectionString) { Username = user, Password = "?", Pooling = false };
        while (await IsTakenAsync(wrong.ConnectionString)) // the server reads its file when it gets to it
            await Task.Delay(20);
    }

    public static Task ChangeAsync(NpgsqlDataSource owner, string user, string password) =>
        RunAsync(owner, $"ALTER ROLE {user} PASSWORD '{password}'");

    /// <summary>Ends all connections of a user.</summary>
    public static Task EndSessionsAsync(NpgsqlDataSource owner, string user) =>
        RunAsync(owner, $"SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE usename = '{user}'");

    private static async Task<bool> IsTakenAsync(string connection)
    {
        await using var session = new NpgsqlConnection(connection);
        try
        {
            await session.OpenAsync();
            return true;
        }
        catch (PostgresException)
        {
            return false;
        }
    }

    private static async Task<object?> RunAsync(NpgsqlDataSource owner, string sql)
    {
        await using var command = owner.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
